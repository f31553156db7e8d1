package millpond;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.IdentityHashMap;
import java.util.Map;
import org.apache.flink.avro.shaded.org.apache.avro.AvroRuntimeException;
import org.apache.flink.avro.shaded.org.apache.avro.LogicalTypes;
import org.apache.flink.avro.shaded.org.apache.avro.Resolver;
import org.apache.flink.avro.shaded.org.apache.avro.Schema;

/**
 * What becomes of the values of one writer schema: Avro's own resolution, and what Avro leaves out of it.
 *
 * <p>Avro looks at no logical type. It reads a decimal of four places as one of two, a hundred times too large, a long
 * of microseconds as one of milliseconds, and any text as the digits of a decimal. Here decimals are rescaled, instants
 * converted, and what says neither scale nor unit is refused.
 */
final class Resolution {
    private static final Map<String, Long> PER_SECOND = Map.of("timestamp-millis", 1_000L, "timestamp-micros", 1_000_000L);
    private static final Change AS_IS = value -> value;

    /** What is done with a value before it is the reader's. */
    @FunctionalInterface
    interface Change {
        Object of(Object value);
    }

    private record Rescaled(int from, int to) implements Change {
        @Override
        public Object of(Object value) {
            ByteBuffer written = (ByteBuffer) value;
            byte[] bytes = new byte[written.remaining()];
            written.duplicate().get(bytes);
            if (bytes.length == 0) {
                throw new AvroRuntimeException("a decimal in 0 bytes");
            }
            BigDecimal number = new BigDecimal(new BigInteger(bytes), from);
            try {
                return ByteBuffer.wrap(number.setScale(to).unscaledValue().toByteArray());
            } catch (ArithmeticException e) {
                throw new AvroRuntimeException("the decimal " + number + " has more than " + to + " digits behind the point");
            }
        }
    }

    private record Instants(long from, long to) implements Change {
        @Override
        public Object of(Object value) {
            long instant = (Long) value;
            if (from > to) {
                return Math.floorDiv(instant, from / to);
            }
            try {
                return Math.multiplyExact(instant, to / from);
            } catch (ArithmeticException e) {
                throw new AvroRuntimeException("the instant " + instant + " is out of range");
            }
        }
    }

    private final Map<Schema, Change> changes = new IdentityHashMap<>();

    /** @throws Refused when no record of this writer can be read, or what is read of it would be a wrong number. */
    Resolution(Schema writer, Schema reader) throws Refused {
        Resolver.Action resolved;
        try {
            resolved = Resolver.resolve(writer, reader);
        } catch (AvroRuntimeException e) { // such as a field that is written under its name and under its alias
            throw incompatible("", e.getMessage());
        }
        walk(resolved, "");
        changes.values().removeIf(AS_IS::equals);
    }

    /**
     * A reader schema in which each leaf is an object of its own, also those of a record that stands in two places: what
     * is done with a value depends on its place, for a writer may have another record there.
     */
    static Schema apart(Schema schema) {
        return switch (schema.getType()) {
            case RECORD -> {
                Schema copy = Schema.createRecord(schema.getName(), null, schema.getNamespace(), false);
                schema.getAliases().forEach(copy::addAlias);
                copy.setFields(schema.getFields().stream().map(Resolution::apart).toList());
                yield copy;
            }
            case UNION -> Schema.createUnion(
                    schema.getTypes().stream().map(Resolution::apart).toList());
            case MAP -> Schema.createMap(apart(schema.getValueType()));
            default -> new Schema.Parser().parse(schema.toString());
        };
    }

    private static Schema.Field apart(Schema.Field field) {
        Schema.Field copy = new Schema.Field(field.name(), apart(field.schema()), null, field.defaultVal());
        field.aliases().forEach(copy::addAlias);
        return copy;
    }

    /** What is done with the values of a leaf of the reader schema; null for most: nothing. */
    Change of(Schema leaf) {
        return changes.isEmpty() ? null : changes.get(leaf);
    }

    private void walk(Resolver.Action action, String path) throws Refused {
        switch (action.type) {
            case DO_NOTHING, PROMOTE -> note(action.reader, change(action.reader, action.writer, path), path);
            case CONTAINER -> walk(((Resolver.Container) action).elementAction, path + "[]");
            case RECORD -> walkRecord((Resolver.RecordAdjust) action, path);
            case WRITER_UNION -> walkUnion((Resolver.WriterUnion) action, path);
            case READER_UNION -> walk(((Resolver.ReaderUnion) action).actualAction, path);
            case ERROR -> throw incompatible(path, mismatch((Resolver.ErrorAction) action));
            case ENUM, SKIP -> {}
        }
    }

    private void walkRecord(Resolver.RecordAdjust record, String path) throws Refused {
        int read = 0;
        for (Resolver.Action field : record.fieldActions) {
            if (field.type != Resolver.Action.Type.SKIP) {
                walk(field, below(path, record.readerOrder[read++]));
            }
        }
        for (; read < record.readerOrder.length; read++) {
            Schema.Field field = record.readerOrder[read];
            for (String alias : field.aliases()) {
                if (record.writer.getField(alias) != null) { // it is there, and Avro would give the default
                    throw incompatible(below(path, field), "it is written as " + alias + " in " + named(record.writer)
                            + ", and aliases of fields hold between records of one name, " + named(record.reader));
                }
            }
            noteDefault(field.schema(), below(path, field));
        }
    }

    /** Which branch a value is of, its record says: a branch that cannot be read is the fault of the records that use it. */
    private void walkUnion(Resolver.WriterUnion union, String path) throws Refused {
        Resolver.ErrorAction unread = null;
        boolean some = false;
        for (Resolver.Action branch : union.actions) {
            if (branch.type == Resolver.Action.Type.ERROR) {
                unread = (Resolver.ErrorAction) branch;
            } else {
                walk(branch, path);
                some |= branch.writer.getType() != Schema.Type.NULL;
            }
        }
        if (!some && unread != null) {
            throw incompatible(path, mismatch(unread));
        }
    }

    private static String below(String path, Schema.Field field) {
        return path.isEmpty() ? field.name() : path + "." + field.name();
    }

    /** Defaults are written in the reader's own terms. */
    private void noteDefault(Schema schema, String path) throws Refused {
        switch (schema.getType()) {
            case RECORD -> {
                for (Schema.Field field : schema.getFields()) {
                    noteDefault(field.schema(), below(path, field));
                }
            }
            case UNION -> {
                for (Schema branch : schema.getTypes()) {
                    noteDefault(branch, path);
                }
            }
            case MAP -> noteDefault(schema.getValueType(), path + "[]");
            default -> note(schema, AS_IS, path);
        }
    }

    /** A writer's union of two records says of each event which it is, but by then nothing tells them apart. */
    private void note(Schema leaf, Change change, String path) throws Refused {
        Change other = changes.putIfAbsent(leaf, change);
        if (other != null && !other.equals(change)) {
            throw incompatible(path, "it is one of several records, which write it in different units or scales");
        }
    }

    private static Change change(Schema reader, Schema writer, String path) throws Refused {
        String unit = String.valueOf(reader.getProp("logicalType"));
        if (PER_SECOND.containsKey(unit)) {
            return instants(unit, writer, path);
        }
        if (reader.getLogicalType() instanceof LogicalTypes.Decimal to) {
            if (writer.getType() == Schema.Type.BYTES && writer.getLogicalType() instanceof LogicalTypes.Decimal from) {
                return from.getScale() == to.getScale() ? AS_IS : new Rescaled(from.getScale(), to.getScale());
            }
            throw incompatible(path, "found " + named(writer) + ", expected " + named(reader));
        }
        if (reader.getType() == Schema.Type.STRING && writer.getType() != Schema.Type.STRING) {
            // Avro takes bytes for text, and puts the same character for all that is not UTF-8.
            throw incompatible(path, "found " + named(writer) + ", expected " + named(reader));
        }
        return AS_IS;
    }

    private static Change instants(String unit, Schema writer, String path) throws Refused {
        Long from = PER_SECOND.get(String.valueOf(writer.getProp("logicalType")));
        if (writer.getType() != Schema.Type.LONG || from == null) {
            throw incompatible(path, "found " + named(writer) + ", expected a timestamp that says its unit");
        }
        long to = PER_SECOND.get(unit);
        return from == to ? AS_IS : new Instants(from, to);
    }

    private static String mismatch(Resolver.ErrorAction error) {
        switch (error.error) {
            case MISSING_REQUIRED_FIELD -> {
                for (Schema.Field field : error.reader.getFields()) {
                    if (error.writer.getField(field.name()) == null && !field.hasDefaultValue()) {
                        return "the field " + field.name() + " is missing, and has no default";
                    }
                }
                return error.toString();
            }
            case NO_MATCHING_BRANCH -> {
                for (Schema branch : error.reader.getTypes()) {
                    if (branch.getType() == error.writer.getType()
                            && Resolver.resolve(error.writer, branch) instanceof Resolver.ErrorAction inner) {
                        return mismatch(inner);
                    }
                }
                return "found " + named(error.writer) + ", expected " + named(error.reader);
            }
            default -> {
                return "found " + named(error.writer) + ", expected " + named(error.reader);
            }
        }
    }

    private static String named(Schema schema) {
        if (schema.getLogicalType() instanceof LogicalTypes.Decimal type) {
            return "decimal(" + type.getPrecision() + "," + type.getScale() + ")";
        }
        String logical = schema.getProp("logicalType");
        return switch (schema.getType()) {
            case UNION -> schema.getTypes().stream().map(Resolution::named).toList().toString();
            case RECORD, ENUM, FIXED -> schema.getType().getName() + " " + schema.getFullName();
            default -> logical == null ? schema.getType().getName() : schema.getType().getName() + " " + logical;
        };
    }

    private static Refused incompatible(String path, String what) {
        return new Refused("incompatible", path.isEmpty() ? what : path + ": " + what);
    }
}
