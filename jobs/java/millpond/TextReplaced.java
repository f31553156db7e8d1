package millpond;

import org.apache.flink.table.functions.ScalarFunction;

/** {@code TEXT_REPLACED(text, old, replacement) -> STRING}: every occurrence, from the left. */
public final class TextReplaced extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    public String eval(String text, String old, String replacement) {
        return text == null ? null : text.replace(old, replacement);
    }
}
