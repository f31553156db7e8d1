package millpond;

import java.math.BigDecimal;
import java.math.BigInteger;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.annotation.InputGroup;
import org.apache.flink.table.functions.ScalarFunction;

/**
 * {@code MARK(n, value, ...) -> STRING}: the values as one text whose order is theirs, the first {@code n} of them what
 * it is ordered by; null where any of these is null, or all of the others are (if there are others).
 *
 * <p>The form is that of {@code millpond/algebra/marks.py}, byte for byte.
 */
public final class Mark extends ScalarFunction {
    private static final long serialVersionUID = 1L;
    private static final char[] DIGITS = "0123456789abcdef".toCharArray();
    private static final BigInteger WIDE = BigInteger.ONE.shiftLeft(127);

    @DataTypeHint("STRING")
    public String eval(Integer order, @DataTypeHint(inputGroup = InputGroup.ANY) Object... values) {
        boolean told = order == values.length;
        for (int i = 0; i < values.length; i++) {
            if (values[i] == null) {
                if (i < order) {
                    return null;
                }
            } else if (i >= order) {
                told = true;
            }
        }
        if (!told) {
            return null;
        }
        StringBuilder mark = new StringBuilder(64);
        for (int i = 0; i < values.length; i++) {
            if (i >= order) {
                mark.append(values[i] == null ? '0' : '1');
            }
            if (values[i] != null) {
                write(mark, values[i]);
            }
        }
        return mark.toString();
    }

    private static void write(StringBuilder mark, Object value) {
        if (value instanceof Long) {
            hexadecimal(mark, (Long) value ^ Long.MIN_VALUE);
        } else if (value instanceof String) {
            text(mark, (String) value);
        } else if (value instanceof BigDecimal) {
            BigInteger whole = ((BigDecimal) value).unscaledValue().add(WIDE);
            hexadecimal(mark, whole.shiftRight(64).longValue());
            hexadecimal(mark, whole.longValue());
        } else if (value instanceof Double) {
            long bits = Double.doubleToLongBits((Double) value + 0.0);
            hexadecimal(mark, bits < 0 ? ~bits : bits ^ Long.MIN_VALUE);
        } else if (value instanceof Boolean) {
            mark.append((Boolean) value ? '1' : '0');
        } else {
            throw new IllegalArgumentException("no mark holds a " + value.getClass());
        }
    }

    private static void hexadecimal(StringBuilder mark, long bits) {
        hexadecimal(mark, bits, 16);
    }

    static void hexadecimal(StringBuilder text, long bits, int digits) {
        for (int shift = 4 * digits - 4; shift >= 0; shift -= 4) {
            text.append(DIGITS[(int) (bits >>> shift) & 15]);
        }
    }

    private static void text(StringBuilder mark, String value) {
        for (int i = 0; i < value.length(); i++) {
            char one = value.charAt(i);
            if (Character.isHighSurrogate(one)) {
                mark.append('\uffff').append('\u0002');
            }
            mark.append(one);
            if (one == 0 || one == '\uffff') {
                mark.append('\u0001');
            }
        }
        mark.append('\0').append('\0');
    }
}
