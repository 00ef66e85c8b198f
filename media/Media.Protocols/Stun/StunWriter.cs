using System.Buffers.Binary;
using Media.Protocols.Primitives;

namespace Media.Protocols.Stun;

/// <summary>
/// Writes one Binding message into a caller's buffer; see <see cref="StunReader"/> for the layout. Add the attributes, then call
/// <see cref="TryFinish(ReadOnlySpan{byte}, out int)"/>: it appends MESSAGE-INTEGRITY and FINGERPRINT. What does not fit is remembered and
/// makes it return false; nothing throws.
/// </summary>
public ref struct StunWriter
{
    private readonly Span<byte> _buffer;
    private int _length;
    private bool _overflow;

    public StunWriter(Span<byte> buffer, StunClass messageClass, StunTransactionId transaction)
    {
        _buffer = buffer;
        _overflow = buffer.Length < StunReader.HeaderLength;
        if (_overflow)
            return;
        BinaryPrimitives.WriteUInt16BigEndian(buffer, (ushort)(0x0001 | (int)messageClass));
        BinaryPrimitives.WriteUInt32BigEndian(buffer[4..], StunReader.MagicCookie);
        transaction.Write(buffer[8..]);
        _length = StunReader.HeaderLength;
    }

    /// <summary>An attribute whose value is just bytes, such as USERNAME or SOFTWARE.</summary>
    public void Add(StunAttribute type, scoped ReadOnlySpan<byte> bytes)
    {
        var value = Reserve((int)type, bytes.Length);
        if (!value.IsEmpty)
            bytes.CopyTo(value);
    }

    public void AddPriority(uint priority) => AddNumber(StunAttribute.Priority, priority);

    /// <summary>USE-CANDIDATE with a number: a later nomination has a higher one.</summary>
    public void AddNomination(uint number)
    {
        AddUseCandidate();
        AddNumber(StunAttribute.Nomination, number);
    }

    public void AddUseCandidate() => Reserve((int)StunAttribute.UseCandidate, 0);

    public void AddControlling(ulong tieBreaker) => AddTieBreaker(StunAttribute.IceControlling, tieBreaker);

    public void AddControlled(ulong tieBreaker) => AddTieBreaker(StunAttribute.IceControlled, tieBreaker);

    /// <summary>XOR-MAPPED-ADDRESS (RFC 5389 §15.2): port and address, masked with the header's cookie and transaction id.</summary>
    public void AddXorMappedAddress(TransportAddress address)
    {
        var ipLength = address.IsIPv4 ? 4 : 16;
        var value = Reserve((int)StunAttribute.XorMappedAddress, 4 + ipLength);
        if (value.IsEmpty)
            return;
        value[0] = 0;
        value[1] = (byte)(address.IsIPv4 ? 1 : 2);
        BinaryPrimitives.WriteUInt16BigEndian(value[2..], (ushort)(address.Port ^ StunReader.MagicCookie >> 16));
        address.WriteBytes(value[4..]);
        for (var i = 0; i < ipLength; i++)
            value[4 + i] ^= _buffer[4 + i];
    }

    /// <summary>ERROR-CODE (RFC 5389 §15.6) with the phrase that its RFC gives it.</summary>
    public void AddErrorCode(StunErrorCode code)
    {
        var phrase = code switch
        {
            StunErrorCode.BadRequest => "Bad Request"u8,
            StunErrorCode.Unauthorized => "Unauthorized"u8,
            StunErrorCode.UnknownAttribute => "Unknown Attribute"u8,
            StunErrorCode.RoleConflict => "Role Conflict"u8,
            _ => "Server Error"u8,
        };
        var value = Reserve((int)StunAttribute.ErrorCode, 4 + phrase.Length);
        if (value.IsEmpty)
            return;
        value[..2].Clear();
        value[2] = (byte)((int)code / 100);
        value[3] = (byte)((int)code % 100);
        phrase.CopyTo(value[4..]);
    }

    public void AddUnknownAttributes(scoped ReadOnlySpan<ushort> types)
    {
        var value = Reserve((int)StunAttribute.UnknownAttributes, 2 * types.Length);
        for (var i = 0; i < types.Length && !value.IsEmpty; i++)
            BinaryPrimitives.WriteUInt16BigEndian(value[(2 * i)..], types[i]);
    }

    /// <summary>Appends MESSAGE-INTEGRITY keyed with <paramref name="key"/> and FINGERPRINT. False: the buffer was too small.</summary>
    public bool TryFinish(scoped ReadOnlySpan<byte> key, out int length)
    {
        var covered = _length;
        var integrity = Reserve((int)StunAttribute.MessageIntegrity, StunIntegrity.Length);
        if (!_overflow)
        {
            WriteLength(_length);
            StunIntegrity.Compute(key, _buffer[..covered], integrity);
        }
        return TryFinish(out length);
    }

    /// <summary>Appends FINGERPRINT only: for messages that cannot be authenticated, such as a 400 or 401.</summary>
    public bool TryFinish(out int length)
    {
        var covered = _length;
        var fingerprint = Reserve((int)StunAttribute.Fingerprint, 4);
        length = 0;
        if (_overflow)
            return false;
        WriteLength(_length);
        BinaryPrimitives.WriteUInt32BigEndian(fingerprint, Crc32.Compute(_buffer[..covered]) ^ StunReader.FingerprintMask);
        length = _length;
        return true;
    }

    private void AddNumber(StunAttribute type, uint number)
    {
        var value = Reserve((int)type, 4);
        if (!value.IsEmpty)
            BinaryPrimitives.WriteUInt32BigEndian(value, number);
    }

    private void AddTieBreaker(StunAttribute type, ulong tieBreaker)
    {
        var value = Reserve((int)type, 8);
        if (!value.IsEmpty)
            BinaryPrimitives.WriteUInt64BigEndian(value, tieBreaker);
    }

    /// <summary>Room for a value behind its written header; a span of no bytes when it does not fit (or is empty by nature).</summary>
    private Span<byte> Reserve(int type, int length)
    {
        var padded = (length + 3) & ~3;
        if (_overflow || length > ushort.MaxValue || _buffer.Length - _length < 4 + padded)
        {
            _overflow = true;
            return default;
        }
        var attribute = _buffer.Slice(_length, 4 + padded);
        BinaryPrimitives.WriteUInt16BigEndian(attribute, (ushort)type);
        BinaryPrimitives.WriteUInt16BigEndian(attribute[2..], (ushort)length);
        attribute[(4 + length)..].Clear();
        _length += attribute.Length;
        return attribute.Slice(4, length);
    }

    private readonly void WriteLength(int total) =>
        BinaryPrimitives.WriteUInt16BigEndian(_buffer[2..], (ushort)(total - StunReader.HeaderLength));
}
