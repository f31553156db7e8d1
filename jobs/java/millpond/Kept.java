package millpond;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.functions.AggregateFunction;

/**
 * Some of the marks of a tile's events, in their order: the first or the last so many.
 *
 * <p>What is kept depends on the events alone, not on the order in which they come: a mark that gave way to better ones
 * is never wanted again.
 */
public abstract class Kept extends AggregateFunction<String, Kept.Marks> {
    private static final long serialVersionUID = 1L;

    /** Between two marks: no mark holds it, for in a mark U+FFFF is followed by 1 or 2. */
    static final String BETWEEN = "\uffff\u0003";

    private final boolean first;

    Kept(boolean first) {
        this.first = first;
    }

    /** The marks kept so far, the best one first, and how many there may be. */
    public static class Marks {
        @DataTypeHint("ARRAY<STRING>")
        public List<String> marks = new ArrayList<>();

        public int most;
    }

    @Override
    public Marks createAccumulator() {
        return new Marks();
    }

    public void accumulate(Marks kept, String mark, Integer most) {
        kept.most = most;
        if (mark != null) {
            add(kept, mark);
        }
    }

    public void merge(Marks kept, Iterable<Marks> others) {
        for (Marks other : others) {
            kept.most = Math.max(kept.most, other.most);
            for (String mark : other.marks) {
                add(kept, mark);
            }
        }
    }

    private void add(Marks kept, String mark) {
        List<String> marks = kept.marks;
        int at = marks.size();
        while (at > 0 && isBefore(mark, marks.get(at - 1))) {
            at--;
        }
        if (at == kept.most) {
            return;
        }
        marks.add(at, mark);
        if (marks.size() > kept.most) {
            marks.remove(kept.most);
        }
    }

    private boolean isBefore(String one, String other) {
        int order = one.compareTo(other);
        return first ? order < 0 : order > 0;
    }

    @Override
    public String getValue(Marks kept) {
        return kept.marks.isEmpty() ? null : String.join(BETWEEN, kept.marks);
    }
}
