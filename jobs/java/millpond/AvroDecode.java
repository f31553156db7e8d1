package millpond;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.avro.shaded.org.apache.avro.Schema;
import org.apache.flink.avro.shaded.org.apache.avro.generic.GenericRecord;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.functions.ScalarFunction;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.inference.CallContext;
import org.apache.flink.table.types.inference.StaticArgument;
import org.apache.flink.table.types.inference.TypeInference;

/**
 * {@code AVRO_DECODE(value, reader schema, paths, registry url, own schema id) -> ROW<event, reason, detail>}.
 *
 * <p>{@code value} is Avro in the Confluent wire format, in any writer schema the reader schema can read; the others
 * are literals. All of the reader schema is read, so that the same records are refused whatever is asked for; {@code
 * event} holds what {@code paths} lead to (see {@link Leaves}). A record that cannot be read gives a null event and a
 * {@code reason}, one of
 *
 * <ul>
 *   <li>{@code null_value}: there is no value
 *   <li>{@code bad_magic}: it is not in the Confluent wire format
 *   <li>{@code unknown_schema}: the registry has no schema of that id (and still has the source's own)
 *   <li>{@code truncated}: it ends before its schema does
 *   <li>{@code incompatible}: its schema is one that the reader schema cannot read (see {@link Resolution})
 *   <li>{@code undecodable}: otherwise corrupt, or one value of it cannot be read as what the reader schema says
 *   <li>{@code non_finite}: a float or double is NaN or infinite
 * </ul>
 *
 * <p>Trouble with the registry is thrown (see {@link WriterSchemas}): it says nothing about the record.
 */
public final class AvroDecode extends ScalarFunction {
    private static final long serialVersionUID = 1L;
    private static final int HEADER = 5;
    private static final int MOST_READERS = 1_000;
    private static final int LONGEST_DETAIL = 300;

    private transient Source source;

    public RowData eval(byte[] value, String readerSchema, String paths, String registryUrl, Integer ownId) {
        Given given = new Given(readerSchema, paths, registryUrl, ownId);
        if (source == null || !source.given.equals(given)) {
            source = new Source(given);
        }
        return source.decode(value);
    }

    /** Not deterministic for the planner, which would evaluate it anew for every field that is read of its result. */
    @Override
    public boolean isDeterministic() {
        return false;
    }

    @Override
    public TypeInference getTypeInference(DataTypeFactory types) {
        DataType text = DataTypes.STRING().notNull().bridgedTo(String.class);
        return TypeInference.newBuilder()
                .staticArguments(
                        StaticArgument.scalar("value", DataTypes.BYTES().bridgedTo(byte[].class), false),
                        StaticArgument.scalar("reader_schema", text, false),
                        StaticArgument.scalar("paths", text, false),
                        StaticArgument.scalar("registry_url", text, false),
                        StaticArgument.scalar("own_id", DataTypes.INT().notNull().bridgedTo(Integer.class), false))
                .outputTypeStrategy(AvroDecode::outputType)
                .build();
    }

    private static Optional<DataType> outputType(CallContext call) {
        Schema schema = new Schema.Parser().parse(literal(call, 1));
        return Optional.of(DataTypes.ROW(
                        DataTypes.FIELD("event", new Leaves(schema, literal(call, 2)).type()),
                        DataTypes.FIELD("reason", DataTypes.STRING()),
                        DataTypes.FIELD("detail", DataTypes.STRING()))
                .notNull()
                .bridgedTo(RowData.class));
    }

    private static String literal(CallContext call, int argument) {
        return call.getArgumentValue(argument, String.class)
                .orElseThrow(() -> call.newValidationError("Argument " + argument + " must be a literal."));
    }

    /** The literals. */
    private record Given(String readerSchema, String paths, String registryUrl, int ownId) {}

    /** What is known of the one source whose records are decoded. */
    private static final class Source {
        private final Given given;
        private final Schema schema;
        private final Leaves leaves;
        private final WriterSchemas writers;
        private final BoundedDecoder decoder = new BoundedDecoder();
        private final Map<Integer, AvroReader> readers = bounded();
        /** Schemas never change under their ids, and an id's verdict neither. */
        private final Map<Integer, Refused> incompatible = bounded();

        Source(Given given) {
            this.given = given;
            this.schema = Resolution.apart(new Schema.Parser().parse(given.readerSchema));
            this.leaves = new Leaves(schema, given.paths);
            this.writers = new WriterSchemas(given.registryUrl, schema, given.ownId);
        }

        private static <T> Map<Integer, T> bounded() {
            return new LinkedHashMap<>(16, 0.75f, true) {
                @Override
                protected boolean removeEldestEntry(Map.Entry<Integer, T> eldest) {
                    return size() > MOST_READERS;
                }
            };
        }

        RowData decode(byte[] value) {
            try {
                return GenericRowData.of(event(value), null, null);
            } catch (Refused e) {
                String detail = e.getMessage();
                String text = detail.length() > LONGEST_DETAIL ? detail.substring(0, LONGEST_DETAIL) : detail;
                return GenericRowData.of(null, StringData.fromString(e.reason), StringData.fromString(text));
            }
        }

        private Object event(byte[] value) throws Refused {
            if (value == null) {
                throw new Refused("null_value", "the record has no value");
            }
            if (value.length == 0 || value[0] != 0) {
                throw new Refused("bad_magic", value.length == 0 ? "no bytes" : "first byte " + (value[0] & 0xff));
            }
            if (value.length < HEADER) {
                throw new Refused("truncated", "a header of " + value.length + " bytes");
            }
            AvroReader reader = reader(ByteBuffer.wrap(value).getInt(1));
            try {
                GenericRecord record = reader.readRecord(decoder.on(value, HEADER));
                if (reader.nonFiniteField() != null) {
                    throw new Refused("non_finite", "field " + reader.nonFiniteField());
                }
                return leaves.of(record);
            } catch (EOFException e) {
                throw new Refused("truncated", e.getMessage());
            } catch (IOException | RuntimeException | StackOverflowError | OutOfMemoryError e) {
                // The bytes alone decide what happens in here, so whatever goes wrong is the record's fault.
                throw new Refused("undecodable", e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage());
            }
        }

        private AvroReader reader(int id) throws Refused {
            AvroReader known = readers.get(id);
            if (known != null) {
                return known;
            }
            if (incompatible.containsKey(id)) {
                throw incompatible.get(id);
            }
            Schema writer = writers.get(id);
            try {
                AvroReader made = new AvroReader(writer, schema);
                readers.put(id, made);
                return made;
            } catch (Refused e) {
                Refused why = new Refused(e.reason, "schema " + id + ": " + e.getMessage());
                incompatible.put(id, why);
                throw why;
            }
        }
    }
}
