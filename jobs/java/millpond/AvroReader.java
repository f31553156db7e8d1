package millpond;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import org.apache.flink.avro.shaded.org.apache.avro.AvroRuntimeException;
import org.apache.flink.avro.shaded.org.apache.avro.LogicalTypes;
import org.apache.flink.avro.shaded.org.apache.avro.Schema;
import org.apache.flink.avro.shaded.org.apache.avro.generic.GenericDatumReader;
import org.apache.flink.avro.shaded.org.apache.avro.generic.GenericRecord;
import org.apache.flink.avro.shaded.org.apache.avro.io.ResolvingDecoder;

/**
 * Reads records of one writer schema as the reader schema, and looks at the values as they pass: a decimal with more
 * digits than its type is refused (it would become null), a double that is not finite is remembered.
 */
final class AvroReader extends GenericDatumReader<GenericRecord> {
    private static final double DIGITS_PER_BIT = 0.30103; // log10(2), rounded up

    private final Resolution resolution;
    private boolean finite;
    private String nonFiniteField;

    /** @throws Refused when the reader schema cannot read what this writer writes. */
    AvroReader(Schema writer, Schema reader) throws Refused {
        super(writer, reader);
        resolution = new Resolution(writer, reader);
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

    /** The path of the first field of the last record that held NaN or an infinity; null when there was none. */
    String nonFiniteField() {
        return nonFiniteField;
    }

    @Override
    protected void readField(Object record, Schema.Field field, Object old, ResolvingDecoder in, Object state)
            throws IOException {
        boolean before = finite;
        super.readField(record, field, old, in, state);
        if (before && !finite) { // found in here: inner fields have said their names first
            nonFiniteField = nonFiniteField == null ? field.name() : field.name() + "." + nonFiniteField;
        }
    }

    @Override
    protected Object readWithoutConversion(Object old, Schema expected, ResolvingDecoder in) throws IOException {
        Object value = super.readWithoutConversion(old, expected, in);
        Resolution.Change change = resolution.of(expected);
        if (change != null) {
            value = change.of(value);
        }
        if (value instanceof Double number) {
            finite &= Double.isFinite(number);
        } else if (value instanceof ByteBuffer bytes && expected.getLogicalType() instanceof LogicalTypes.Decimal type) {
            requireDigits(bytes, type);
        }
        return value;
    }

    private static void requireDigits(ByteBuffer unscaled, LogicalTypes.Decimal type) {
        int size = unscaled.remaining();
        if (size > 0 && (8 * size - 1) * DIGITS_PER_BIT <= type.getPrecision()) {
            return; // so few bytes cannot hold more digits
        }
        byte[] bytes = new byte[size];
        unscaled.duplicate().get(bytes);
        if (size == 0 || new BigInteger(bytes).abs().compareTo(BigInteger.TEN.pow(type.getPrecision())) >= 0) {
            throw new AvroRuntimeException("a decimal in " + size + " bytes that is not decimal("
                    + type.getPrecision() + ", " + type.getScale() + ")");
        }
    }

    /** Strings as Java strings: a detour over Avro's Utf8 encodes each one again. */
    @Override
    protected Class<?> findStringClass(Schema schema) {
        return String.class;
    }
}
