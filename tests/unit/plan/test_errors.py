"""What a person reads."""

from millpond.plan.errors import DefinitionError


def test_an_error_says_where_what_and_the_mend() -> None:
    error = DefinitionError("there is no field 'a'", where="where", mend="did you mean 'b'?").at("x.py:3: view")

    assert str(error) == "x.py:3: view: where: there is no field 'a'\n  mend: did you mean 'b'?"


def test_what_is_not_known_is_not_said() -> None:
    assert str(DefinitionError("it is wrong")) == "it is wrong"
    assert str(DefinitionError("it is wrong").at("x.py")) == "x.py: it is wrong"
