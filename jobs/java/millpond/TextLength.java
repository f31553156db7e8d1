package millpond;

import org.apache.flink.table.functions.ScalarFunction;

/** {@code TEXT_LENGTH(text) -> BIGINT}: in code points. */
public final class TextLength extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    public Long eval(String text) {
        return text == null ? null : (long) text.codePointCount(0, text.length());
    }
}
