package millpond;

import org.apache.flink.table.functions.ScalarFunction;

/** {@code STRIPPED(text, left, right) -> STRING}: without the blanks of ASCII at its ends. */
public final class Stripped extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    private static final String BLANKS = " \t\n\r\u000b\f";

    public String eval(String text, Boolean left, Boolean right) {
        if (text == null) {
            return null;
        }
        int from = 0;
        int to = text.length();
        while (left && from < to && BLANKS.indexOf(text.charAt(from)) >= 0) {
            from++;
        }
        while (right && from < to && BLANKS.indexOf(text.charAt(to - 1)) >= 0) {
            to--;
        }
        return text.substring(from, to);
    }
}
