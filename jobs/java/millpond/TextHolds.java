package millpond;

import org.apache.flink.table.functions.ScalarFunction;

/** {@code TEXT_HOLDS(text, part, where) -> BOOLEAN}: whether a text has a part {@code anywhere}, at its {@code start} or its {@code end}. */
public final class TextHolds extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    public Boolean eval(String text, String part, String where) {
        if (text == null || part == null) {
            return null;
        }
        switch (where) {
            case "anywhere":
                return text.contains(part);
            case "start":
                return text.startsWith(part);
            case "end":
                return text.endsWith(part);
            default:
                throw new IllegalArgumentException("a text has no part " + where);
        }
    }
}
