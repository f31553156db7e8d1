package millpond;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import org.apache.flink.avro.shaded.org.apache.avro.AvroRuntimeException;
import org.apache.flink.avro.shaded.org.apache.avro.LogicalTypes;
import org.apache.flink.avro.shaded.org.apache.avro.Schema;
import org.apache.flink.avro.shaded.org.apache.avro.generic.GenericDatumReader;
import org.apache.flink.avro.shaded.org.apache.avro.generic.GenericFixed;
import org.apache.flink.avro.shaded.org.apache.avro.generic.GenericRecord;
import org.apache.flink.avro.shaded.org.apache.avro.io.ResolvingDecoder;

/**
 * Reads records of one writer schema as the reader schema, and looks at the values as they pass: a decimal with more
 * digits than its type is refused (Flink's converter would make it null), a double that is not finite is remembered.
 */
final class AvroReader extends GenericDatumReader<GenericRecord> {
    private boolean finite;
    private String nonFiniteField;

    AvroReader(Schema writer, Schema reader) {
        super(writer, reader);
    }

    /** Read the one record the decoder stands on. */
    GenericRecord readRecord(BoundedDecoder decoder) throws IOException {
        finite = true;
        nonFiniteField = null;
        GenericRecord record = read(null, decoder);
        if (decoder.remaining() > 0) {
            throw new AvroRuntimeException(decoder.remaining() + " bytes after the record");
        }
        return record;
    }

    /** The first field of the last record that held NaN or an infinity; null when there was none. */
    String nonFiniteField() {
        return nonFiniteField;
    }

    @Override
    protected void readField(Object record, Schema.Field field, Object old, ResolvingDecoder in, Object state)
            throws IOException {
        super.readField(record, field, old, in, state);
        if (!finite && nonFiniteField == null) {
            nonFiniteField = field.name();
        }
    }

    @Override
    protected Object readWithoutConversion(Object old, Schema expected, ResolvingDecoder in) throws IOException {
        Object value = super.readWithoutConversion(old, expected, in);
        switch (expected.getType()) {
            case DOUBLE -> finite &= Double.isFinite((Double) value);
            case FLOAT -> finite &= Float.isFinite((Float) value);
            case BYTES -> requireDigits(expected, bytesOf((ByteBuffer) value));
            case FIXED -> requireDigits(expected, ((GenericFixed) value).bytes());
            default -> {}
        }
        return value;
    }

    private static byte[] bytesOf(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    private static void requireDigits(Schema schema, byte[] unscaled) {
        if (schema.getLogicalType() instanceof LogicalTypes.Decimal type) {
            BigInteger limit = BigInteger.TEN.pow(type.getPrecision());
            if (unscaled.length == 0 || new BigInteger(unscaled).abs().compareTo(limit) >= 0) {
                throw new AvroRuntimeException("a decimal that is not decimal(" + type.getPrecision() + ", "
                        + type.getScale() + "), in " + unscaled.length + " bytes");
            }
        }
    }

    /** Strings as Java strings: a detour over Avro's Utf8 encodes each one again. */
    @Override
    protected Class<?> findStringClass(Schema schema) {
        return String.class;
    }
}
