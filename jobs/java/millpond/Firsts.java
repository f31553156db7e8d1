package millpond;

/** {@code FIRSTS(mark, most) -> STRING}: the first so many of the marks, the first one first. */
public final class Firsts extends Kept {
    private static final long serialVersionUID = 1L;

    public Firsts() {
        super(true);
    }
}
