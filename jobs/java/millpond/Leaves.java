package millpond;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.avro.shaded.com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.flink.avro.shaded.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.avro.shaded.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.avro.shaded.org.apache.avro.LogicalTypes;
import org.apache.flink.avro.shaded.org.apache.avro.Schema;
import org.apache.flink.avro.shaded.org.apache.avro.generic.GenericRecord;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.types.DataType;
import org.apache.flink.util.FlinkRuntimeException;

/**
 * The values that are taken of an event: one column a path, through records and to constant keys of maps.
 *
 * <p>A record that is null on the way gives null, and so does a key that a map lacks.
 */
final class Leaves {
    /** One step of a path: what it gives of what stands before it, which is not null. */
    @FunctionalInterface
    private interface Step {
        Object of(Object holder);
    }

    private record Leaf(String name, List<Step> steps, Schema schema) {
        Object of(GenericRecord event) {
            Object value = event;
            for (Step step : steps) {
                if (value == null) {
                    return null;
                }
                value = step.of(value);
            }
            return value == null ? null : internal(value, schema);
        }
    }

    private final List<Leaf> leaves = new ArrayList<>();

    /** @param paths a JSON object: the name of each column, and the steps to its value. */
    Leaves(Schema reader, String paths) {
        JsonNode written;
        try {
            written = new ObjectMapper().readTree(paths);
        } catch (JsonProcessingException e) {
            throw new FlinkRuntimeException("not a JSON object of paths: " + paths, e);
        }
        written.fields().forEachRemaining(path -> leaves.add(leaf(reader, path.getKey(), path.getValue())));
    }

    DataType type() {
        return DataTypes.ROW(leaves.stream()
                .map(leaf -> DataTypes.FIELD(leaf.name, type(leaf.schema)))
                .toArray(DataTypes.Field[]::new));
    }

    RowData of(GenericRecord event) {
        GenericRowData row = new GenericRowData(leaves.size());
        for (int i = 0; i < leaves.size(); i++) {
            row.setField(i, leaves.get(i).of(event));
        }
        return row;
    }

    private static Leaf leaf(Schema reader, String name, JsonNode path) {
        List<Step> steps = new ArrayList<>();
        Schema schema = reader;
        for (JsonNode node : path) {
            String step = node.textValue();
            if (schema.getType() == Schema.Type.MAP) {
                steps.add(holder -> ((Map<?, ?>) holder).get(step));
                schema = present(schema.getValueType());
            } else {
                Schema.Field field = schema.getField(step);
                int at = field.pos();
                steps.add(holder -> ((GenericRecord) holder).get(at));
                schema = present(field.schema());
            }
        }
        return new Leaf(name, steps, schema);
    }

    /** A type without its null. */
    private static Schema present(Schema schema) {
        if (schema.getType() != Schema.Type.UNION) {
            return schema;
        }
        return schema.getTypes().stream()
                .filter(branch -> branch.getType() != Schema.Type.NULL)
                .findFirst()
                .orElseThrow();
    }

    private static DataType type(Schema schema) {
        return switch (schema.getType()) {
            case STRING, ENUM -> DataTypes.STRING();
            case LONG -> DataTypes.BIGINT();
            case DOUBLE -> DataTypes.DOUBLE();
            case BOOLEAN -> DataTypes.BOOLEAN();
            case BYTES -> {
                LogicalTypes.Decimal type = (LogicalTypes.Decimal) schema.getLogicalType();
                yield DataTypes.DECIMAL(type.getPrecision(), type.getScale());
            }
            default -> throw new FlinkRuntimeException("no column holds a " + schema);
        };
    }

    private static Object internal(Object value, Schema schema) {
        return switch (schema.getType()) {
            case STRING, ENUM -> StringData.fromString(value.toString());
            case LONG, DOUBLE, BOOLEAN -> value;
            case BYTES -> decimal((ByteBuffer) value, (LogicalTypes.Decimal) schema.getLogicalType());
            default -> throw new FlinkRuntimeException("no column holds a " + schema);
        };
    }

    private static DecimalData decimal(ByteBuffer unscaled, LogicalTypes.Decimal type) {
        byte[] bytes = new byte[unscaled.remaining()];
        unscaled.duplicate().get(bytes);
        if (DecimalData.isCompact(type.getPrecision())) {
            return DecimalData.fromUnscaledLong(
                    new BigInteger(bytes).longValueExact(), type.getPrecision(), type.getScale());
        }
        return DecimalData.fromUnscaledBytes(bytes, type.getPrecision(), type.getScale());
    }
}
