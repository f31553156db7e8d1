"""What is asked of a load."""

from millpond.plan.model import Pool
from millpond.review.load import EntityLoad, Load, SourceLoad
from millpond.review.modelled import Model
from millpond.review.review import review
from millpond.review.standing import Standing
from tests.unit.review import events

CARDS = Pool(views=(events.pool().view("bank.card"),), sets=())
LOAD = Load(
    sources={"transfers": SourceLoad(events_per_second=1, text_bytes=12)}, entities={"account": EntityLoad(count=100)}
)


def test_nothing_is_asked_about_a_job_that_goes_on_as_it_is() -> None:
    grown = Pool(views=(*CARDS.views, events.pool().view("bank.account_out")), sets=())

    bill = review(grown, Standing.as_deployed(CARDS), Model(LOAD), against="HEAD").bill

    assert bill is not None
    assert list(bill.before) == []
    assert [name for name in bill.after if not name.startswith("events of")] == ["bank.account_out.v1"]
