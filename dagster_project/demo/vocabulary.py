"""What the sample company consists of: its products, markets, prices and words.

Constants only. Everything here is invented; shares and prices are chosen, not measured.
"""

from dataclasses import dataclass

PRODUCTS = ("harbor", "ledger", "beacon")
VALUE_EVENT = {
    "harbor": "dock_slot_confirmed",
    "ledger": "invoice_run_completed",
    "beacon": "insight_shared",
}
ACTIVE_EVENT = {
    "harbor": "schedule_viewed",
    "ledger": "invoice_viewed",
    "beacon": "dashboard_viewed",
}
OTHER_EVENTS = ("session_started", "feature_used", "integration_connected")
FEATURES = {
    "harbor": (
        "scheduling_board", "carrier_portal", "dock_calendar", "yard_map", "alerts", "reports",
    ),
    "ledger": (
        "invoicing", "dunning", "revenue_schedules", "tax_rules", "payment_links", "exports",
    ),
    "beacon": (
        "dashboards", "topic_explorer", "quality_review", "forecasts", "alerts", "exports",
    ),
}  # fmt: skip
PLANS = ("starter", "team", "business", "enterprise")
#: list price per seat and month, by product and plan
SEAT_PRICE = {
    "harbor": (29.0, 42.0, 58.0, 79.0),
    "ledger": (24.0, 36.0, 49.0, 66.0),
    "beacon": (19.0, 31.0, 44.0, 59.0),
}


@dataclass(frozen=True)
class Industry:
    """One industry: its share of accounts, its size, and what its companies tend to be."""

    slug: str
    label: str  # as the CRM spells it
    share: float
    median_employees: float
    subscription_share: float
    words: tuple[str, ...]
    sub_industries: tuple[str, ...]


INDUSTRIES = (
    Industry("logistics", "Logistics & Transport", 0.20, 420, 0.15,
             ("Haulage", "Logistics", "Transport"), ("road_haulage", "cold_chain", "last_mile")),
    Industry("freight", "Freight Forwarding", 0.12, 420, 0.15,
             ("Freight", "Forwarding", "Cargo"), ("sea_freight", "air_freight", "customs")),
    Industry("wholesale_distribution", "Wholesale Distribution", 0.11, 400, 0.15,
             ("Wholesale", "Distribution", "Supply"), ("food", "parts", "medical_supply")),
    Industry("retail", "Retail", 0.10, 300, 0.15,
             ("Stores", "Outfitters", "Market"), ("fashion", "grocery", "home")),
    Industry("manufacturing", "Manufacturing", 0.09, 500, 0.12,
             ("Works", "Foundry", "Instruments"), ("machinery", "plastics", "electronics")),
    Industry("software", "Software", 0.12, 90, 0.80,
             ("Systems", "Software", "Labs"), ("vertical_software", "developer_tools", "security")),
    Industry("financial_services", "Financial Services", 0.07, 260, 0.45,
             ("Capital", "Savings", "Finance"), ("lending", "insurance", "leasing")),
    Industry("healthcare", "Healthcare", 0.05, 350, 0.30,
             ("Clinics", "Care", "Diagnostics"), ("clinics", "laboratories", "home_care")),
    Industry("professional_services", "Professional Services", 0.04, 60, 0.25,
             ("Advisory", "Partners", "Consulting"), ("accounting", "engineering", "legal")),
    Industry("marketing_agency", "Marketing Agency", 0.06, 14, 0.30,
             ("Creative", "Media", "Studio"), ("performance", "branding", "content")),
    Industry("education", "Education", 0.02, 180, 0.45,
             ("Academy", "College", "Learning"), ("training", "schools", "online")),
    Industry("hospitality", "Hospitality", 0.02, 150, 0.15,
             ("Hotels", "Kitchens", "Resorts"), ("hotels", "catering", "events")),
)  # fmt: skip
#: how people misspell labels in a free-text field; sources.yml maps each back
MISSPELT_INDUSTRY = {
    "logistics": "Logisitcs & Transport",
    "freight": "Frieght Forwarding",
    "wholesale_distribution": "Wholesale Distributon",
    "retail": "Retial",
    "software": "Sofware",
    "manufacturing": "Manufactoring",
}
FIRST_WORDS = (
    "Alder", "Amber", "Anvil", "Aspen", "Badger", "Beryl", "Birch", "Bracken", "Bramble",
    "Brindle", "Briar", "Cedar", "Cinder", "Clover", "Cobalt", "Copper", "Coral", "Crane",
    "Dapple", "Drift", "Ember", "Fallow", "Fathom", "Fern", "Finch", "Flint", "Foxglove", "Gable",
    "Garnet", "Glade", "Gorse", "Granite", "Grove", "Harrow", "Hazel", "Heron", "Hollow", "Ivory",
    "Jasper", "Juniper", "Kestrel", "Lantern", "Larch", "Linden", "Lupin", "Mallow", "Maple",
    "Marlow", "Meadow", "Mistral", "Moss", "Nettle", "Oriel", "Osprey", "Otter", "Pebble",
    "Pewter", "Plover", "Quarry", "Quill", "Raven", "Reed", "Rowan", "Saffron", "Sorrel",
    "Spindle", "Sparrow", "Tansy", "Teal", "Thistle", "Timber", "Umber", "Vale", "Velvet",
    "Walnut", "Willow", "Wren", "Yarrow", "Zephyr", "Müller", "Øster",
)  # fmt: skip
#: country -> (region, currency, share)
COUNTRIES = {
    "Germany": ("EMEA", "EUR", 0.15),
    "France": ("EMEA", "EUR", 0.09),
    "Netherlands": ("EMEA", "EUR", 0.08),
    "United Kingdom": ("EMEA", "GBP", 0.13),
    "Spain": ("EMEA", "EUR", 0.05),
    "Poland": ("EMEA", "EUR", 0.05),
    "Sweden": ("EMEA", "EUR", 0.03),
    "United States": ("AMER", "USD", 0.24),
    "Canada": ("AMER", "USD", 0.05),
    "Brazil": ("AMER", "USD", 0.02),
    "Mexico": ("AMER", "USD", 0.02),
    "Australia": ("APAC", "USD", 0.04),
    "Japan": ("APAC", "USD", 0.02),
    "Singapore": ("APAC", "USD", 0.02),
    "India": ("APAC", "USD", 0.01),
}
GROWTH_STAGES = ("startup", "scale_up", "established", "mature")
BUSINESS_MODELS = ("subscription", "transactional", "services", "marketplace")
TECHNOLOGIES = (
    "RouteWise TMS", "Cargolane WMS", "Tallyhook Payments", "Pennyroyal Books",
    "Deskmoor Helpdesk", "Skylark Analytics", "Plumb CRM", "Ovenbird ERP",
)  # fmt: skip
HARBOR_INDUSTRIES = ("logistics", "freight", "wholesale_distribution")
REPS = tuple(f"rep_{number:02d}" for number in range(1, 13))
CHANNELS = (
    "paid_search", "paid_social", "content", "events", "webinars", "partner", "outbound",
    "referral",
)  # fmt: skip
CHANNEL_SHARES = (0.16, 0.10, 0.16, 0.09, 0.08, 0.11, 0.22, 0.08)
OPEN_STAGES = ("discovery", "qualification", "evaluation", "proposal", "negotiation")
STAGE_LABELS = {
    "discovery": "1 - Discovery",
    "qualification": "2 - Qualification",
    "evaluation": "3 - Evaluation",
    "proposal": "4 - Proposal",
    "negotiation": "5 - Negotiation",
    "won": "Closed Won",
    "lost": "Closed Lost",
}
TYPE_LABELS = {"new": "New Business", "expansion": "Expansion", "renewal": "Renewal"}
LOSS_REASONS = ("price", "no_decision", "competitor", "missing_feature", "timing")
COMPETITORS = {"harbor": "Slotly", "ledger": "Billforge", "beacon": "Tallyware"}
PAINS = {
    "harbor": ("double_booked_docks", "carrier_no_shows", "missing_integrations"),
    "ledger": ("invoice_mismatch", "failed_payments", "tax_errors"),
    "beacon": ("slow_reports", "missing_integrations", "onboarding_help"),
}
PAIN_TEXTS = {
    "double_booked_docks": "Two trucks were booked on the same dock again",
    "carrier_no_shows": "Carriers do not show up and we only learn it at the gate",
    "missing_integrations": "We need this connected to our other systems",
    "invoice_mismatch": "The invoice does not match the contract",
    "failed_payments": "Payments fail and nobody is told",
    "tax_errors": "The tax on the invoice is wrong",
    "slow_reports": "Reports take minutes to load",
    "onboarding_help": "We do not know how to set this up",
}
PRAISE = ("Works well for our team", "Saved us hours every week", "Support was quick and kind")
GIVEN_NAMES = (
    "Ada", "Bruno", "Carla", "Dimitri", "Elif", "Fritz", "Greta", "Hugo", "Ines", "Jörg", "Katja",
    "Lars", "Mireille", "Noor", "Olga", "Pedro", "Quentin", "Renée", "Søren", "Tomás", "Ulla",
    "Vera", "Wim", "Xenia", "Yusuf", "Zoë",
)  # fmt: skip
FAMILY_NAMES = (
    "Abelard", "Bakker", "Cordes", "Dübel", "Ekström", "Ferrand", "Grünwald", "Hartog", "Ibsenne",
    "Jansky", "Kowalt", "Lindqvist", "Marchetto", "Núñar", "Oakes", "Pettersby", "Quist",
    "Rossel", "Sandoval", "Thorne", "Umbridge", "Vance", "Weyland", "Yates",
)  # fmt: skip
FREE_MAIL = ("gmail.com", "outlook.com", "web.de", "yahoo.com")
SIGNAL_TYPES = (
    "hiring_operations", "funding_round", "new_warehouse", "leadership_change",
    "technology_added", "site_visit_pricing",
)  # fmt: skip
