package millpond;

import org.apache.flink.table.functions.ScalarFunction;

/** {@code TEXT_LIKE(text, pattern) -> BOOLEAN}: % stands for any text, _ for one code point. */
public final class TextLike extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    public Boolean eval(String text, String pattern) {
        if (text == null || pattern == null) {
            return null;
        }
        return matches(text.codePoints().toArray(), pattern.codePoints().toArray());
    }

    /** In steps of at most both lengths' product, whatever the pattern. */
    private static boolean matches(int[] text, int[] pattern) {
        int at = 0;
        int seen = 0;
        int star = -1;
        int resumed = 0;
        while (at < text.length) {
            if (seen < pattern.length && pattern[seen] == '%') {
                star = seen++;
                resumed = at;
            } else if (seen < pattern.length && (pattern[seen] == '_' || pattern[seen] == text[at])) {
                at++;
                seen++;
            } else if (star >= 0) {
                at = ++resumed;
                seen = star + 1;
            } else {
                return false;
            }
        }
        while (seen < pattern.length && pattern[seen] == '%') {
            seen++;
        }
        return seen == pattern.length;
    }
}
