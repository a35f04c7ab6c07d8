"""What must hold between the files of one definitions folder."""

from collections.abc import Iterator

from dagster_project.icp.documents import Document
from dagster_project.icp.fields import plain_text
from dagster_project.icp.problems import FieldPath, Finding, Problem, choose
from dagster_project.icp.product import Portfolio, Product
from dagster_project.icp.rules_icp import check_icp, repeated
from dagster_project.icp.rules_plans import check_plans
from dagster_project.icp.sources import Sources

WrittenProduct = tuple[Document, Product]
WrittenPortfolio = tuple[Document, Portfolio]


def check_products(
    products: list[WrittenProduct], portfolio: WrittenPortfolio | None
) -> Iterator[Problem]:
    """Find what is wrong in the ICPs, personas, plans and names of products and portfolio."""
    shared = [persona.persona_id for persona in portfolio[1].personas] if portfolio else []
    for document, product in products:
        own = [persona.persona_id for persona in product.personas]
        for finding in (*_check_personas(own, shared), *check_plans(product.plans)):
            yield document.problem(finding)
        # those of a portfolio.yml that could not be read are not known
        known = {*own, *shared} if portfolio else None
        for index, icp in enumerate(product.icps):
            for finding in check_icp(icp, ("icps", index), known):
                yield document.problem(finding)
    if portfolio is not None:
        document, model = portfolio
        for finding in repeated(shared, ("personas",), "persona_id"):
            yield document.problem(finding)
        if model.icp is not None:
            for finding in check_icp(model.icp, ("icp",), set(shared)):
                yield document.problem(finding)
    yield from _check_names(products)
    yield from _check_icp_ids(products, portfolio)


def check_portfolio_list(
    products: list[WrittenProduct], portfolio: WrittenPortfolio
) -> Iterator[Problem]:
    """Find products that the portfolio names without a file, and files that it does not name.

    Call it only when every product file could be read.
    """
    document, model = portfolio
    files = {product.product_id for _, product in products}
    for index, product_id in enumerate(model.products):
        if product_id not in files:
            yield document.problem(
                Finding(
                    ("products", index),
                    f"no file in products/ has `product_id: {product_id}`",
                    choose(product_id, files),
                )
            )
    for written, product in products:
        if product.product_id not in model.products:
            yield written.problem(
                Finding(
                    ("product_id",),
                    f"`{product.product_id}` is not in the list of portfolio.yml",
                    f"add `- {product.product_id}` under `products` there, or remove this file",
                )
            )


def check_named_products(
    sources: tuple[Document, Sources], products: list[WrittenProduct]
) -> Iterator[Problem]:
    """Find constants and maps of a `product_id` column that name no product."""
    known = {name for _, product in products for name in product_names(product)}
    document, model = sources
    for index, source in enumerate(model.sources):
        for name, entity in source.declared.items():
            mapping = entity.columns.get("product_id")
            targets = [mapping.value, *(mapping.map or {}).values()] if mapping else []
            for target in targets:
                if target is not None and plain_text(target) not in known:
                    path = ("sources", index, "entities", name, "columns", "product_id")
                    yield document.problem(
                        Finding(path, f"no product is called `{target}`", choose(target, known))
                    )


def product_names(product: Product) -> list[str]:
    """Give every spelling of a product, as SQL compares it: id, name and aliases, each once."""
    spellings = (product.product_id, product.name, *product.aliases)
    return list(dict.fromkeys(plain_text(spelling) for spelling in spellings))


def _check_personas(own: list[str], shared: list[str]) -> Iterator[Finding]:
    yield from repeated(own, ("personas",), "persona_id")
    for index, persona in enumerate(own):
        if persona in shared:
            yield Finding(
                ("personas", index, "persona_id"),
                f"`{persona}` is already a persona of the portfolio",
                "remove it here; personas of the portfolio hold for every product",
            )


def _check_names(products: list[WrittenProduct]) -> Iterator[Problem]:
    owners: dict[str, str] = {}
    for document, product in products:
        for spelling in product_names(product):
            if spelling in owners:
                yield document.problem(
                    Finding(
                        _spelling_path(product, spelling),
                        f"`{spelling}` already names a product in {owners[spelling]}",
                        "give each product its own id, name and aliases",
                    )
                )
            owners.setdefault(spelling, document.file)


def _spelling_path(product: Product, spelling: str) -> FieldPath:
    if plain_text(product.product_id) == spelling:
        return ("product_id",)
    if plain_text(product.name) == spelling:
        return ("name",)
    return ("aliases", [plain_text(alias) for alias in product.aliases].index(spelling))


def _check_icp_ids(
    products: list[WrittenProduct], portfolio: WrittenPortfolio | None
) -> Iterator[Problem]:
    written: list[tuple[Document, FieldPath, str]] = [
        (document, ("icps", index, "icp_id"), icp.icp_id)
        for document, product in products
        for index, icp in enumerate(product.icps)
    ]
    if portfolio and portfolio[1].icp:
        written.append((portfolio[0], ("icp", "icp_id"), portfolio[1].icp.icp_id))
    owners: dict[str, str] = {}
    for document, path, icp_id in written:
        if icp_id in owners:
            yield document.problem(
                Finding(
                    path,
                    f"the ICP `{icp_id}` already exists in {owners[icp_id]}",
                    "give each ICP its own icp_id",
                )
            )
        owners.setdefault(icp_id, document.file)
