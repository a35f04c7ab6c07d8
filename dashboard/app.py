"""Entry of the dashboard: `streamlit run dashboard/app.py`. Pages live in `views/`."""

import sys
from pathlib import Path

# streamlit puts this folder on the path, the packages are beside it
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import streamlit as st

st.set_page_config(page_title="ICP pipeline", layout="wide")
st.navigation(
    [
        st.Page("views/overview.py", title="Overview", default=True),
        st.Page("views/retention.py", title="Retention"),
        st.Page("views/segments.py", title="Segments"),
        st.Page("views/curves.py", title="Curves"),
        st.Page("views/costs.py", title="Costs"),
        st.Page("views/accounts.py", title="Accounts"),
        st.Page("views/bridge.py", title="Definitions"),
        st.Page("views/restated.py", title="Restated"),
        st.Page("views/quality.py", title="Data quality"),
    ],
    position="top",
).run()
