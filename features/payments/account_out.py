"""What an account sends these days: how often, how much, to whom, with what, and from where."""

from features.payments import sources
from features.payments.conditions import at_night, failed, from_abroad, just_below_threshold, moved, round_amount
from millpond import Count, CountDistinct, FeatureView, LastK, Sum, _

located = _.lat.notnull() & _.lon.notnull()

account_out = FeatureView(
    "account_out",
    version=1,
    owner="fraud",
    entity=sources.account,
    source=sources.transfers,
    by={"account_id": _.sender_id},
    windows=["24h"],
    precision="exact",
    cap=500,  # events in a day of the busiest
    fallback="100%",
    features={
        # How often.
        "attempts": Count(description="Transfers it tried, also those that failed."),
        "failures": Count(where=failed, description="Transfers that failed."),
        "round_amounts": Count(where=round_amount, description="Transfers of whole hundreds."),
        "just_below_threshold": Count(
            where=just_below_threshold,
            windows=["7d"],
            description="Transfers within a tenth below the amount that must be reported.",
        ),
        "at_night": Count(
            where=at_night, windows=["7d"], description="Transfers between midnight and six where the sender lives."
        ),
        # How much. Amounts are added as they are, whatever their currency.
        "volume": Sum(_.amount, where=moved, windows=["24h", "7d"], description="Money that it sent."),
        "currencies": CountDistinct(_.currency, windows=["7d"], description="Currencies it sent in."),
        # To whom.
        "recipients": CountDistinct(_.recipient_id, windows=["7d"], description="Accounts it sent to."),
        # With what.
        "funding_cards": CountDistinct(_.card_id, description="Cards that funded its transfers."),
        "card_countries": CountDistinct(_.card_country, description="Countries where those cards were issued."),
        # From where.
        "from_abroad": Count(where=from_abroad, description="Transfers from an address outside the sender's country."),
        "ip_countries": CountDistinct(_.ip_country, description="Countries its addresses were in."),
        "lats": LastK(
            _.lat, k=2, where=located, windows=["7d"], description="Where it was last, and before: latitude."
        ),
        "lons": LastK(
            _.lon, k=2, where=located, windows=["7d"], description="Where it was last, and before: longitude."
        ),
        "located_at": LastK(_.occurred_at, k=2, where=located, windows=["7d"], description="When it was there."),
    },
    description="What an account sends these days: how often, how much, to whom, with what, and from where.",
)
