package millpond;

import org.apache.flink.table.functions.ScalarFunction;

/** {@code TEXT_PART(text, start, length) -> STRING}: code points from a start, which is counted from 0. */
public final class TextPart extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    public String eval(String text, Long start, Long length) {
        if (text == null) {
            return null;
        }
        int from = after(text, 0, start);
        return text.substring(from, after(text, from, length));
    }

    private static int after(String text, int from, long points) {
        int at = from;
        for (long i = 0; i < points && at < text.length(); i++) {
            at += Character.charCount(text.codePointAt(at));
        }
        return at;
    }
}
