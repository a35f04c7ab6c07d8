"""Reads a definitions folder into checked models, or says everything that is wrong with it.

The rules themselves live in `rules_*.py`; writing to the database lives in `registry.py`.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from dagster_project.icp.company import Company
from dagster_project.icp.documents import Document, read_document
from dagster_project.icp.fields import Definition
from dagster_project.icp.problems import DefinitionError, FieldPath, Problem
from dagster_project.icp.product import Icp, Portfolio, Product
from dagster_project.icp.rules_company import check_company
from dagster_project.icp.rules_files import (
    check_named_products,
    check_portfolio_list,
    check_products,
)
from dagster_project.icp.rules_sources import check_sources
from dagster_project.icp.sources import Sources
from dagster_project.icp.type_errors import findings

Model = TypeVar("Model", bound=Definition)


@dataclass(frozen=True)
class OwnedIcp:
    """One ICP with what it belongs to; `product_id` is None for the portfolio's."""

    icp: Icp
    product_id: str | None
    document: Document = field(repr=False)
    path: FieldPath

    @property
    def scope(self) -> str:
        """Say `product` or `portfolio`."""
        return "portfolio" if self.product_id is None else "product"


@dataclass(frozen=True)
class Definitions:
    """A definitions folder that passed every check."""

    home: Path
    company: Company
    portfolio: Portfolio
    products: tuple[Product, ...]
    sources: Sources
    documents: dict[str, Document] = field(repr=False)

    def icps(self) -> tuple[OwnedIcp, ...]:
        """Give every ICP: those of the products by file name, then the portfolio's."""
        owned = [
            OwnedIcp(icp, product.product_id, self.documents[product.product_id], ("icps", index))
            for product in self.products
            for index, icp in enumerate(product.icps)
        ]
        if self.portfolio.icp is not None:
            document = self.documents["portfolio.yml"]
            owned.append(OwnedIcp(self.portfolio.icp, None, document, ("icp",)))
        return tuple(owned)


@dataclass
class _Folder:
    """What could be read of a folder so far, and everything wrong with it."""

    home: Path
    problems: list[Problem] = field(default_factory=list)

    def read(self, file: str, model: type[Model]) -> tuple[Document, Model] | None:
        path = self.home / file
        if not path.is_file():
            remedy = f"create {path}; the files in icp/ and examples/ show the format"
            self.problems.append(Problem(file, None, "", "is missing", remedy))
            return None
        document, problems = read_document(path, file)
        self.problems += problems
        if document.value is None:
            if not problems:
                remedy = "write its fields; the files in icp/ and examples/ show the format"
                self.problems.append(Problem(file, 1, "", "is empty", remedy))
            return None
        try:
            return document, model.model_validate(document.value)
        except ValidationError as error:
            found = findings(error, model, document)
            self.problems += [document.problem(finding) for finding in found]
            return None


def load_definitions(home: Path) -> Definitions:
    """Read and check the definitions folder `home`.

    Raises DefinitionError, which lists every problem of every file; the rules of a file are only
    judged once all of its fields have the right type.
    """
    definitions, problems = _load(home, _written(home))
    if definitions is None or problems:
        raise DefinitionError(problems)
    return definitions


def validate(home: Path) -> list[Problem]:
    """Give every problem of the definitions folder, in the order of files and lines."""
    return list(_load(home, _written(home))[1])


def _written(home: Path) -> tuple[tuple[Path, bytes], ...]:
    """Give every file of a definitions folder with what is written in it."""
    paths = sorted([*home.glob("*.yml"), *(home / "products").glob("*.yml")])
    return tuple((path, path.read_bytes()) for path in paths if path.is_file())


@lru_cache(maxsize=4)
def _load(
    home: Path, _: tuple[tuple[Path, bytes], ...]
) -> tuple[Definitions | None, list[Problem]]:
    # a run asks four times, each costs a third of a second: the same text is the same definitions
    folder = _Folder(home)
    company = folder.read("company.yml", Company)
    portfolio = folder.read("portfolio.yml", Portfolio)
    sources = folder.read("sources.yml", Sources)
    files = sorted(path.name for path in (home / "products").glob("*.yml"))
    if not files:
        remedy = "add products/<product>.yml, one file for each product"
        folder.problems.append(Problem("products/", None, "", "holds no product", remedy))
    read = [folder.read(f"products/{name}", Product) for name in files]
    products = [written for written in read if written is not None]

    if company:
        folder.problems += [company[0].problem(item) for item in check_company(company[1])]
    folder.problems += check_products(products, portfolio)
    if portfolio and products and len(products) == len(read):
        folder.problems += check_portfolio_list(products, portfolio)
    if sources:
        folder.problems += [sources[0].problem(item) for item in check_sources(sources[1])]
        if len(products) == len(read):
            folder.problems += check_named_products(sources, products)

    problems = sorted(folder.problems, key=lambda item: (item.file, item.line or 0, item.field))
    if problems or not (company and portfolio and sources):
        return None, problems
    documents = {product.product_id: document for document, product in products}
    # a slug cannot hold a dot, so the file names never meet a product id
    documents |= {written[0].file: written[0] for written in (company, portfolio, sources)}
    models = tuple(product for _, product in products)
    return Definitions(home, company[1], portfolio[1], models, sources[1], documents), []
