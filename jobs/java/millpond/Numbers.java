package millpond;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.regex.Pattern;

/** Values of any type as exact numbers, and which texts are numbers: those of {@code millpond/algebra/evaluate.py}. */
final class Numbers {
    static final int MOST_DIGITS = 38;
    private static final Pattern WHOLE = Pattern.compile("[+-]?[0-9]{1,99}");
    private static final String EXACT_NUMBER = "[+-]?([0-9]{1,99}(\\.[0-9]{0,99})?|\\.[0-9]{1,99})";
    private static final Pattern EXACT = Pattern.compile(EXACT_NUMBER);
    private static final Pattern NUMBER = Pattern.compile(EXACT_NUMBER + "([eE][+-]?[0-9]{1,9})?");
    private static final int SURE_DIGITS = 15;
    private static final int ENOUGH_DIGITS = 17;

    private Numbers() {}

    static boolean isNumber(String text) {
        return NUMBER.matcher(text).matches();
    }

    /** What has a whole part; null where it is null, or a text that is no whole number. */
    static BigDecimal whole(Object value) {
        if (value instanceof String) {
            return WHOLE.matcher((String) value).matches() ? new BigDecimal((String) value) : null;
        }
        return value instanceof Double ? new BigDecimal((Double) value) : exact(value);
    }

    /** The number; null where it is null, or a text that is no number without an exponent. */
    static BigDecimal exact(Object value) {
        if (value == null) {
            return null;
        }
        if (value instanceof Long) {
            return BigDecimal.valueOf((Long) value);
        }
        if (value instanceof BigDecimal) {
            return (BigDecimal) value;
        }
        if (value instanceof Double) {
            return shortest((Double) value);
        }
        if (value instanceof String) {
            return EXACT.matcher((String) value).matches() ? new BigDecimal((String) value) : null;
        }
        throw new IllegalArgumentException("no number is made of a " + value.getClass());
    }

    /** The shortest decimal that is read as this double, of two the nearer; before Java 19 its own text is not that. */
    static BigDecimal shortest(double value) {
        BigDecimal binary = new BigDecimal(value);
        for (int digits = SURE_DIGITS; digits < ENOUGH_DIGITS; digits++) {
            BigDecimal found = null;
            for (RoundingMode mode : new RoundingMode[] {RoundingMode.FLOOR, RoundingMode.CEILING}) {
                BigDecimal near = binary.round(new MathContext(digits, mode));
                if (near.doubleValue() == value && (found == null || isNearer(near, found, binary))) {
                    found = near;
                }
            }
            if (found != null) {
                return found;
            }
        }
        return binary.round(new MathContext(ENOUGH_DIGITS, RoundingMode.HALF_EVEN));
    }

    private static boolean isNearer(BigDecimal one, BigDecimal other, BigDecimal to) {
        return one.subtract(to).abs().compareTo(other.subtract(to).abs()) < 0;
    }
}
