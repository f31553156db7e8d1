package millpond;

import java.io.EOFException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import org.apache.flink.avro.shaded.org.apache.avro.AvroRuntimeException;
import org.apache.flink.avro.shaded.org.apache.avro.io.Decoder;
import org.apache.flink.avro.shaded.org.apache.avro.util.Utf8;

/**
 * Avro's binary encoding read from one byte array, where every declared length is bounded by the bytes that are there.
 *
 * <p>Avro's own decoder (1.11) allocates what a length says before it reads: five bytes that declare a string of 2 GiB
 * end a TaskManager with an OutOfMemoryError. Here a length past the end is an {@link EOFException}. Strings that are
 * not UTF-8 are refused, for replacement characters would make two different keys one.
 */
final class BoundedDecoder extends Decoder {
    private final CharsetDecoder utf8 = StandardCharsets.UTF_8.newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    private byte[] bytes = new byte[0];
    private int position;
    /** Items that arrays and maps may still declare: items of no bytes (nulls) would else be a loop without end. */
    private long items;

    /** Start on {@code bytes} at {@code offset}. */
    BoundedDecoder on(byte[] bytes, int offset) {
        this.bytes = bytes;
        this.position = offset;
        this.items = bytes.length;
        return this;
    }

    int remaining() {
        return bytes.length - position;
    }

    private int take(long length) throws EOFException {
        if (length < 0) {
            throw new AvroRuntimeException("negative length " + length + " at byte " + position);
        }
        if (length > remaining()) {
            throw new EOFException(
                    "length " + length + " at byte " + position + ", where " + remaining() + " bytes remain");
        }
        int start = position;
        position += (int) length;
        return start;
    }

    @Override
    public void readNull() {}

    @Override
    public boolean readBoolean() throws EOFException {
        byte value = bytes[take(1)];
        if (value != 0 && value != 1) {
            throw new AvroRuntimeException("not a boolean: " + value);
        }
        return value == 1;
    }

    @Override
    public int readInt() throws EOFException {
        long value = readLong();
        if (value != (int) value) {
            throw new AvroRuntimeException("not an int: " + value);
        }
        return (int) value;
    }

    @Override
    public long readLong() throws EOFException {
        long zigzag = 0;
        for (int shift = 0; shift < 70; shift += 7) {
            byte next = bytes[take(1)];
            if (shift == 63 && (next & 0x7e) != 0) {
                break; // the tenth byte holds the 64th bit alone
            }
            zigzag |= (next & 0x7fL) << shift;
            if (next >= 0) {
                return (zigzag >>> 1) ^ -(zigzag & 1);
            }
        }
        throw new AvroRuntimeException("a number of more than 64 bits ends at byte " + position);
    }

    @Override
    public float readFloat() throws EOFException {
        return Float.intBitsToFloat((int) littleEndian(Float.BYTES));
    }

    @Override
    public double readDouble() throws EOFException {
        return Double.longBitsToDouble(littleEndian(Double.BYTES));
    }

    private long littleEndian(int size) throws EOFException {
        int start = take(size);
        long value = 0;
        for (int i = size - 1; i >= 0; i--) {
            value = value << 8 | bytes[start + i] & 0xff;
        }
        return value;
    }

    @Override
    public Utf8 readString(Utf8 old) throws EOFException {
        return new Utf8(readString());
    }

    @Override
    public String readString() throws EOFException {
        long length = readLong();
        int start = take(length);
        int ascii = start;
        while (ascii < position && bytes[ascii] >= 0) {
            ascii++;
        }
        if (ascii == position) {
            return new String(bytes, start, (int) length, StandardCharsets.ISO_8859_1);
        }
        try {
            return utf8.decode(ByteBuffer.wrap(bytes, start, (int) length)).toString();
        } catch (CharacterCodingException e) {
            throw new AvroRuntimeException("a string that is not UTF-8 at byte " + start, e);
        }
    }

    @Override
    public void skipString() throws EOFException {
        take(readLong());
    }

    @Override
    public ByteBuffer readBytes(ByteBuffer old) throws EOFException {
        long length = readLong();
        int start = take(length);
        return ByteBuffer.wrap(bytes, start, (int) length).slice();
    }

    @Override
    public void skipBytes() throws EOFException {
        take(readLong());
    }

    @Override
    public void readFixed(byte[] target, int start, int length) throws EOFException {
        System.arraycopy(bytes, take(length), target, start, length);
    }

    @Override
    public void skipFixed(int length) throws EOFException {
        take(length);
    }

    @Override
    public int readEnum() throws EOFException {
        return readInt();
    }

    @Override
    public int readIndex() throws EOFException {
        return readInt();
    }

    /** The number of items in the next block; a negative count is followed by the size of the block in bytes. */
    private long block() throws EOFException {
        long count = readLong();
        if (count < 0) {
            readLong();
            count = -count;
        }
        items -= count;
        if (count < 0 || items < 0) {
            throw new EOFException("a block of " + count + " items at byte " + position + " of " + bytes.length);
        }
        return count;
    }

    /** Items left for the caller to skip one by one; blocks that state their size are skipped here. */
    private long skipBlocks() throws EOFException {
        long count = readLong();
        while (count < 0) {
            take(readLong());
            count = readLong();
        }
        items -= count;
        if (items < 0) {
            throw new EOFException("a block of " + count + " items at byte " + position + " of " + bytes.length);
        }
        return count;
    }

    @Override
    public long readArrayStart() throws EOFException {
        return block();
    }

    @Override
    public long arrayNext() throws EOFException {
        return block();
    }

    @Override
    public long skipArray() throws EOFException {
        return skipBlocks();
    }

    @Override
    public long readMapStart() throws EOFException {
        return block();
    }

    @Override
    public long mapNext() throws EOFException {
        return block();
    }

    @Override
    public long skipMap() throws EOFException {
        return skipBlocks();
    }
}
