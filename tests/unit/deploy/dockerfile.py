"""The instructions of a Dockerfile, stage by stage."""

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What makes one image: `FROM base AS name`, and every instruction after it, as (name, rest of the line)."""

    name: str
    base: str
    instructions: list[tuple[str, str]] = field(default_factory=list)

    def of(self, instruction: str) -> list[str]:
        """The rest of every line of one instruction."""
        return [rest for name, rest in self.instructions if name == instruction]

    def copied_from_context(self) -> list[str]:
        """The sources of COPY that are the builder's, not another stage's."""
        found = []
        for rest in self.of("COPY"):
            words = shlex.split(rest)
            if not any(word.startswith("--from=") for word in words):
                found += [word for word in words[:-1] if not word.startswith("--")]
        return found


def stages(path: Path) -> dict[str, Stage]:
    """Every stage of a Dockerfile by its name."""
    lines = [line for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")]
    found: dict[str, Stage] = {}
    stage = Stage(name="", base="")
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        instruction, _, rest = line.partition(" ")
        if instruction == "FROM":
            base, _, name = rest.partition(" AS ")
            stage = found[name] = Stage(name=name, base=base)
        else:
            stage.instructions.append((instruction, rest.strip()))
    return found
