package millpond;

import org.apache.flink.table.functions.ScalarFunction;

/** {@code ASCII_CASE(text, upper) -> STRING}: A to Z as small letters, or a to z as capitals; all else as it is. */
public final class AsciiCase extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    private static final int DISTANCE = 'a' - 'A';

    public String eval(String text, Boolean upper) {
        if (text == null) {
            return null;
        }
        char first = upper ? 'a' : 'A';
        char last = upper ? 'z' : 'Z';
        char[] chars = text.toCharArray();
        for (int i = 0; i < chars.length; i++) {
            if (first <= chars[i] && chars[i] <= last) {
                chars[i] += upper ? -DISTANCE : DISTANCE;
            }
        }
        return new String(chars);
    }
}
