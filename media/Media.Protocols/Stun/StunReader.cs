using System.Buffers.Binary;
using System.Security.Cryptography;
using Media.Protocols.Primitives;

namespace Media.Protocols.Stun;

/// <summary>
/// A view over one STUN Binding message (RFC 5389 §6), whose lengths have been checked and whose FINGERPRINT, if it has one, is right.
/// Nothing in it may be trusted before <see cref="HasValidIntegrity"/> returned true: see each property's use in the agent.
/// <code>
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// |0 0|     STUN Message Type     |         Message Length        |  length without these 20 bytes
/// |                     Magic Cookie 0x2112A442                   |
/// |                  Transaction ID (96 bits)                     |
/// |  attributes: type (16) | length (16) | value, padded to 4 ...
/// </code>
/// Of an attribute that comes twice the first one counts; what follows MESSAGE-INTEGRITY is ignored, except FINGERPRINT (§15.4).
/// </summary>
public readonly ref struct StunReader
{
    public const int HeaderLength = 20;

    /// <summary>Longest message read: what an Ethernet frame carries.</summary>
    public const int MaxLength = 1500;

    /// <summary>Most attributes read in one message; ICE needs nine.</summary>
    public const int MaxAttributes = 24;

    internal const uint MagicCookie = 0x2112_A442;
    internal const uint FingerprintMask = 0x5354_554E;
    private const int BindingMethod = 0x0001;
    private const int ClassBits = 0x0110;

    private readonly ReadOnlySpan<byte> _message;
    private readonly int _integrityAt; // offset of MESSAGE-INTEGRITY's header; 0: absent

    private StunReader(ReadOnlySpan<byte> message, int integrityAt)
    {
        _message = message;
        _integrityAt = integrityAt;
    }

    /// <summary>Reads a whole datagram as one Binding message; false with a reason when it is not exactly one.</summary>
    public static bool TryRead(ReadOnlySpan<byte> datagram, out StunReader message, out StunReadError error)
    {
        message = default;
        error = CheckHeader(datagram);
        if (error != StunReadError.None)
            return false;
        error = CheckAttributes(datagram, out var integrityAt);
        if (error != StunReadError.None)
            return false;
        message = new StunReader(datagram, integrityAt);
        return true;
    }

    /// <summary>
    /// The whole USERNAME of a request, <c>receiver's ufrag:sender's ufrag</c>, for finding the agent a datagram is for.
    /// Unauthenticated. False for anything that is not a well-formed request with a username.
    /// </summary>
    public static bool TryGetUsername(ReadOnlySpan<byte> datagram, out ReadOnlySpan<byte> username)
    {
        username = default;
        return TryRead(datagram, out var message, out _) && message.Class == StunClass.Request
            && message.TryFind(StunAttribute.Username, out username) && !username.IsEmpty;
    }

    /// <summary>The part of <see cref="TryGetUsername"/> before the colon: the ufrag of the agent that a request is for.</summary>
    public static bool TryGetReceiverUfrag(ReadOnlySpan<byte> datagram, out ReadOnlySpan<byte> ufrag)
    {
        ufrag = default;
        if (!TryGetUsername(datagram, out var username))
            return false;
        var colon = username.IndexOf((byte)':');
        if (colon <= 0)
            return false;
        ufrag = username[..colon];
        return true;
    }

    public StunClass Class => (StunClass)(BinaryPrimitives.ReadUInt16BigEndian(_message) & ClassBits);

    public StunTransactionId TransactionId => StunTransactionId.Read(_message[8..]);

    public bool HasIntegrity => _integrityAt != 0;

    /// <summary>
    /// True when MESSAGE-INTEGRITY is present and valid (RFC 5389 §15.4): HMAC-SHA1 over all before it, the length field as if it were the
    /// last attribute.
    /// </summary>
    /// <param name="key">The short-term password (of the side that answers), or a long-term key.</param>
    public bool HasValidIntegrity(ReadOnlySpan<byte> key)
    {
        if (_integrityAt == 0)
            return false;
        Span<byte> covered = stackalloc byte[MaxLength];
        covered = covered[.._integrityAt];
        _message[.._integrityAt].CopyTo(covered);
        BinaryPrimitives.WriteUInt16BigEndian(covered[2..], (ushort)(_integrityAt + 4 + StunIntegrity.Length - HeaderLength));
        Span<byte> expected = stackalloc byte[StunIntegrity.Length];
        StunIntegrity.Compute(key, covered, expected);
        return CryptographicOperations.FixedTimeEquals(expected, _message.Slice(_integrityAt + 4, StunIntegrity.Length));
    }

    public bool HasFingerprint => TryFind(StunAttribute.Fingerprint, out _);

    /// <summary>Empty when absent.</summary>
    public ReadOnlySpan<byte> Username => TryFind(StunAttribute.Username, out var value) ? value : default;

    /// <summary>Empty when absent.</summary>
    public ReadOnlySpan<byte> Realm => TryFind(StunAttribute.Realm, out var value) ? value : default;

    /// <summary>Empty when absent.</summary>
    public ReadOnlySpan<byte> Software => TryFind(StunAttribute.Software, out var value) ? value : default;

    public uint? Priority => TryFind(StunAttribute.Priority, out var value) ? BinaryPrimitives.ReadUInt32BigEndian(value) : null;

    public bool UseCandidate => TryFind(StunAttribute.UseCandidate, out _);

    /// <summary>The tie-breaker of a sender that claims the controlling role.</summary>
    public ulong? Controlling => TryFind(StunAttribute.IceControlling, out var value) ? BinaryPrimitives.ReadUInt64BigEndian(value) : null;

    /// <summary>The tie-breaker of a sender that claims the controlled role.</summary>
    public ulong? Controlled => TryFind(StunAttribute.IceControlled, out var value) ? BinaryPrimitives.ReadUInt64BigEndian(value) : null;

    /// <summary>ERROR-CODE (RFC 5389 §15.6) as class × 100 + number, 300 … 699; 0 when absent.</summary>
    public int ErrorCode => TryFind(StunAttribute.ErrorCode, out var value) ? (value[2] & 0x07) * 100 + value[3] : 0;

    public ReadOnlySpan<byte> ErrorReason => TryFind(StunAttribute.ErrorCode, out var value) ? value[4..] : default;

    /// <summary>XOR-MAPPED-ADDRESS (RFC 5389 §15.2): where the responder saw the request come from.</summary>
    public TransportAddress? XorMappedAddress
    {
        get
        {
            if (!TryFind(StunAttribute.XorMappedAddress, out var value))
                return null;
            var port = (ushort)(BinaryPrimitives.ReadUInt16BigEndian(value[2..]) ^ MagicCookie >> 16);
            Span<byte> ip = stackalloc byte[16];
            ip = ip[..(value.Length - 4)];
            for (var i = 0; i < ip.Length; i++)
                ip[i] = (byte)(value[4 + i] ^ _message[4 + i]); // the mask is cookie and transaction id, as they stand in the header
            return TransportAddress.FromBytes(ip, port);
        }
    }

    /// <summary>
    /// Finds the attribute types that must be comprehended and are not, in order, as many as <paramref name="types"/> holds.
    /// </summary>
    public int FindUnknownRequired(Span<ushort> types)
    {
        var count = 0;
        var walk = new StunAttributeWalk(_message, HeaderLength);
        while (count < types.Length && walk.TryNext(out var type, out _, out var at))
        {
            if (IsIgnoredAt(at) || type >= 0x8000 || Comprehends(type))
                continue;
            types[count++] = (ushort)type;
        }
        return count;
    }

    /// <summary>UNKNOWN-ATTRIBUTES of a 420, in order, as many as <paramref name="types"/> holds.</summary>
    public int ReadUnknownAttributes(Span<ushort> types)
    {
        if (!TryFind(StunAttribute.UnknownAttributes, out var value))
            return 0;
        var count = Math.Min(types.Length, value.Length / 2);
        for (var i = 0; i < count; i++)
            types[i] = BinaryPrimitives.ReadUInt16BigEndian(value[(2 * i)..]);
        return count;
    }

    private bool TryFind(StunAttribute wanted, out ReadOnlySpan<byte> value)
    {
        var walk = new StunAttributeWalk(_message, HeaderLength);
        while (walk.TryNext(out var type, out value, out var at))
        {
            if (type == (int)wanted && (!IsIgnoredAt(at) || wanted == StunAttribute.Fingerprint))
                return true;
        }
        value = default;
        return false;
    }

    private bool IsIgnoredAt(int offset) => _integrityAt != 0 && offset > _integrityAt;

    private static StunReadError CheckHeader(ReadOnlySpan<byte> datagram)
    {
        if (datagram.Length < HeaderLength)
            return StunReadError.TooShort;
        if (datagram.Length > MaxLength)
            return StunReadError.TooLong;
        var type = BinaryPrimitives.ReadUInt16BigEndian(datagram);
        if ((type & 0xC000) != 0 || BinaryPrimitives.ReadUInt32BigEndian(datagram[4..]) != MagicCookie)
            return StunReadError.NotStun;
        if ((type & ~ClassBits) != BindingMethod)
            return StunReadError.NotBinding;
        var length = BinaryPrimitives.ReadUInt16BigEndian(datagram[2..]);
        return length % 4 == 0 && length == datagram.Length - HeaderLength ? StunReadError.None : StunReadError.BadLength;
    }

    private static StunReadError CheckAttributes(ReadOnlySpan<byte> datagram, out int integrityAt)
    {
        integrityAt = 0;
        var count = 0;
        var walk = new StunAttributeWalk(datagram, HeaderLength);
        while (walk.TryNext(out var type, out var value, out var at))
        {
            if (++count > MaxAttributes)
                return StunReadError.TooManyAttributes;
            if (type == (int)StunAttribute.Fingerprint)
                return CheckFingerprint(datagram, value, at);
            if (integrityAt != 0)
                continue;
            if (!HasFormOf(type, value))
                return StunReadError.BadAttribute;
            if (type == (int)StunAttribute.MessageIntegrity)
                integrityAt = at;
        }
        return walk.IsComplete ? StunReadError.None : StunReadError.TruncatedAttribute;
    }

    private static StunReadError CheckFingerprint(ReadOnlySpan<byte> datagram, ReadOnlySpan<byte> value, int at)
    {
        if (value.Length != 4)
            return StunReadError.BadAttribute;
        if (at + 8 != datagram.Length)
            return StunReadError.FingerprintNotLast;
        var expected = Crc32.Compute(datagram[..at]) ^ FingerprintMask;
        return BinaryPrimitives.ReadUInt32BigEndian(value) == expected ? StunReadError.None : StunReadError.BadFingerprint;
    }

    private static bool HasFormOf(int type, ReadOnlySpan<byte> value) => (StunAttribute)type switch
    {
        StunAttribute.Username => value.Length <= 513, // RFC 5389 §15.3
        StunAttribute.MessageIntegrity => value.Length == StunIntegrity.Length,
        StunAttribute.Priority => value.Length == 4,
        StunAttribute.UseCandidate => value.IsEmpty,
        StunAttribute.IceControlled or StunAttribute.IceControlling => value.Length == 8,
        StunAttribute.ErrorCode => value.Length is >= 4 and <= 4 + 763 && (value[2] & 0x07) is >= 3 and <= 6 && value[3] < 100,
        StunAttribute.UnknownAttributes => value.Length % 2 == 0,
        StunAttribute.XorMappedAddress or StunAttribute.MappedAddress => value.Length >= 4 && (value[1], value.Length) is (1, 8) or (2, 20),
        _ => true,
    };

    private static bool Comprehends(int type) => (StunAttribute)type
        is StunAttribute.MappedAddress or StunAttribute.Username or StunAttribute.MessageIntegrity or StunAttribute.ErrorCode
        or StunAttribute.UnknownAttributes or StunAttribute.Realm or StunAttribute.Nonce or StunAttribute.XorMappedAddress
        or StunAttribute.Priority or StunAttribute.UseCandidate;
}
