"""Faults in what is read of an event, and in what is said of a producer's schema."""

from typing import Final

from tests.mutants.mutant import Mutant

COMPILER: Final = ("tests/unit/define/test_compiler.py",)
EXAMPLES: Final = ("tests/unit/define/test_examples.py",)
FIELDS: Final = ("tests/unit/define/test_fields.py",)
FLINK: Final = ("tests/unit/sql/test_flink.py",)
PATHS: Final = ("tests/unit/plan/test_paths.py",)
READER: Final = ("tests/unit/plan/test_reader_schema.py",)
RESOLUTION: Final = ("tests/unit/plan/test_resolution.py",)
SCHEMA: Final = ("tests/unit/define/test_avro.py",)

SOURCES: Final = (
    Mutant(
        name="a null passes the check where nothing is never null",
        file="millpond/plan/resolution.py",
        old='yield Difference(path, "it may be null, and the source reads it as never null", _NULLABLE)',
        new="return",
        tests=RESOLUTION,
    ),
    Mutant(
        name="a decimal of more places passes the check",
        file="millpond/plan/resolution.py",
        old='if wide > scale or writer["precision"] - wide',
        new='if writer["precision"] - wide',
        tests=RESOLUTION,
    ),
    Mutant(
        name="a decimal of more digits before the point passes the check",
        file="millpond/plan/resolution.py",
        old='writer["precision"] - wide > reader["precision"] - scale',
        new='writer["precision"] > reader["precision"] + 99',
        tests=RESOLUTION,
    ),
    Mutant(
        name="a long without a unit passes the check as a timestamp",
        file="millpond/plan/resolution.py",
        old='writer["type"] != "long" or written not in _INSTANTS',
        new='writer["type"] != "long"',
        tests=RESOLUTION,
    ),
    Mutant(
        name="bytes pass the check as text",
        file="millpond/plan/resolution.py",
        old='"string": ("string",),',
        new='"string": ("string", "bytes"),',
        tests=RESOLUTION,
    ),
    Mutant(
        name="a symbol without a default passes the check",
        file="millpond/plan/resolution.py",
        old='if unknown and "default" not in reader:',
        new='if unknown and "default" in reader:',
        tests=RESOLUTION,
    ),
    Mutant(
        name="a missing field without a default passes the check",
        file="millpond/plan/resolution.py",
        old='elif "default" not in field:',
        new='elif "default" in field and not field:',
        tests=RESOLUTION,
    ),
    Mutant(
        name="one good branch of a union is enough for the check",
        file="millpond/plan/resolution.py",
        old="for branch in writer:",
        new="for branch in writer[-1:]:",
        tests=RESOLUTION,
    ),
    Mutant(
        name="an alias of a field counts in a record of any name",
        file="millpond/plan/resolution.py",
        old='if writer["name"] not in (reader["name"], *_aliases(reader)):',
        new='if not writer["name"]:',
        tests=RESOLUTION,
    ),
    Mutant(
        name="one of two records is read as one",
        file="millpond/plan/resolution.py",
        old="if len(records) > 1:",
        new="if len(records) > 2:",
        tests=RESOLUTION,
    ),
    Mutant(
        name="values of maps are not compared",
        file="millpond/plan/resolution.py",
        old='yield from self.schema(reader["values"], writer["values"], space, f"{path}[]")',
        new="yield from ()",
        tests=RESOLUTION,
    ),
    Mutant(
        name="microseconds are said to be milliseconds",
        file="millpond/plan/reader_schema.py",
        old="MICROS if shape in source.micros else MILLIS",
        new="MILLIS if shape in source.micros else MILLIS",
        tests=READER,
    ),
    Mutant(
        name="a record that is referred to keeps what its definition keeps",
        file="millpond/plan/reader_schema.py",
        old="return self.type(self.records[schema], shape) if self.write_out else schema",
        new="return schema",
        tests=READER,
    ),
    Mutant(
        name="an empty record stays",
        file="millpond/plan/reader_schema.py",
        old='return found if found["fields"] else None',
        new="return found",
        tests=READER,
    ),
    Mutant(
        name="a path's key is taken for a field",
        file="millpond/plan/paths.py",
        old='return Key(json.loads(found["key"]))',
        new='return str(json.loads(found["key"]))',
        tests=PATHS,
    ),
    Mutant(
        name="all of a record is the meaning of who reads one field of it",
        file="millpond/plan/hashes.py",
        old="of_leaves(source, read.__contains__)",
        new="of_leaves(source, lambda shape: True)",
        tests=COMPILER,
    ),
    Mutant(
        name="microseconds in a map are taken for milliseconds",
        file="millpond/sql/flink.py",
        old="if shape_of(name) not in source.micros:",
        new="if name not in source.micros:",
        tests=FLINK,
    ),
    Mutant(
        name="the event id is not decoded where no view reads it",
        file="millpond/sql/flink.py",
        old="paths |= {source.event_id: parse(source.event_id)}",
        new="paths |= {}",
        tests=FLINK,
    ),
    Mutant(
        name="a record that holds itself is read",
        file="millpond/define/avro.py",
        old="return full_name in reached",
        new="return False",
        tests=SCHEMA,
    ),
    Mutant(
        name="what may be null is said to be never null",
        file="millpond/define/avro.py",
        old="nullable=len(branches) > 1",
        new="nullable=False",
        tests=FIELDS,
    ),
    Mutant(
        name="a name is looked up in the namespace around its reader",
        file="millpond/define/avro.py",
        old="return self._field(*self.named[name])",
        new="return self._field(self.named[name][0], namespace)",
        tests=SCHEMA,
    ),
    Mutant(
        name="in a record a method of ibis is taken for a field",
        file="millpond/define/fields.py",
        old="if not (step.is_item or step.in_text) and is_method(",
        new="if not (step.is_item or step.in_text or path) and is_method(",
        tests=FIELDS,
    ),
    Mutant(
        name="a path is a character longer than Flink takes",
        file="millpond/define/fields.py",
        old="// 2) > LONGEST_PATH",
        new="// 2) > LONGEST_PATH + 1",
        tests=FIELDS,
    ),
    Mutant(
        name="an example leaves out what a record is never without",
        file="millpond/define/examples.py",
        old="case fields.Record() if written is _ABSENT and not node.nullable:",
        new="case fields.Record() if written is _ABSENT and node.nullable is None:",
        tests=EXAMPLES,
    ),
    Mutant(
        name="an example writes null where nothing is never null",
        file="millpond/define/examples.py",
        old="if written is None and not node.nullable:",
        new="if written is None and node.nullable is None:",
        tests=EXAMPLES,
    ),
    Mutant(
        name="an example's map is read under other keys",
        file="millpond/define/examples.py",
        old="(*path, Key(key))",
        new="(*path, Key(key.upper()))",
        tests=EXAMPLES,
    ),
)
