"""A Flink job as SQL text: what is rendered from a plan, handed to jobs/submit.py, and reviewed as a snapshot."""

import msgspec

from millpond.sql.quote import flink_text


class JobSql(msgspec.Struct, frozen=True, kw_only=True):
    """One job; its JSON is what jobs/submit.py reads.

    Args:
        name: of the job in Flink.
        config: Flink's settings for it.
        statements: run one after another: functions, tables, views.
        inserts: run together, as one job.
    """

    name: str
    config: dict[str, str]
    statements: tuple[str, ...]
    inserts: tuple[str, ...]

    def script(self) -> str:
        """The whole as a script that Flink's SQL client runs."""
        settings = [f"SET {flink_text(key)} = {flink_text(value)};" for key, value in self.config.items()]
        body = [f"{statement};" for statement in self.statements]
        inserts = ["EXECUTE STATEMENT SET BEGIN", *(f"{insert};" for insert in self.inserts), "END;"]
        return "\n".join(settings) + "\n\n" + "\n\n".join([*body, *inserts]) + "\n"
