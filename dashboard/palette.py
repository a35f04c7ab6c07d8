"""The colours of every page: one sequential blue, greys for what has no place on the scale."""

SCHEME = "blues"
MAIN = "#08519c"
SOFT = "#6baed6"
GREY = "#767676"  # 4.5:1 on white
#: Told apart in print and by colour-blind readers (Okabe and Ito).
SEGMENTS = ["#08519c", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"]
TIERS = {
    "A": "#08519c",
    "B": "#3182bd",
    "C": "#6baed6",
    "D": "#bdd7e7",
    "X": "#636363",
    "U": "#d9d9d9",
}
TIER_NAMES = {
    "A": "A best fit",
    "B": "B good fit",
    "C": "C partial fit",
    "D": "D poor fit",
    "X": "X disqualified",
    "U": "U unknown",
}
