package millpond;

/** A record that cannot be read, and why: a reason of {@link AvroDecode}, and what a person may want to know. */
final class Refused extends Exception {
    private static final long serialVersionUID = 1L;

    final String reason;

    Refused(String reason, String detail) {
        // It is kept and thrown again, and says nothing about where: without a trace.
        super(detail, null, false, false);
        this.reason = reason;
    }
}
