package millpond;

/** {@code LASTS(mark, most) -> STRING}: the last so many of the marks, the last one first. */
public final class Lasts extends Kept {
    private static final long serialVersionUID = 1L;

    public Lasts() {
        super(false);
    }
}
