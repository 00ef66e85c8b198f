using Media.Protocols.Stun;

namespace Media.Protocols.Tests.Stun;

public class StunReaderTests
{
    private static readonly StunTransactionId Transaction = new(0x0102030405060708, 0x090a0b0c);

    public static TheoryData<string, StunReadError> Refusals => new()
    {
        { "", StunReadError.TooShort },
        { "000100002112a4420102030405060708090a0b", StunReadError.TooShort },
        { "800100002112a4420102030405060708090a0b0c", StunReadError.NotStun }, // RTP's version bits
        { "000100002112a4430102030405060708090a0b0c", StunReadError.NotStun }, // RFC 3489 had no cookie
        { "000300002112a4420102030405060708090a0b0c", StunReadError.NotBinding }, // TURN Allocate
        { "000100042112a4420102030405060708090a0b0c", StunReadError.BadLength },
        { "000100002112a4420102030405060708090a0b0c00", StunReadError.BadLength },
        { "000100022112a4420102030405060708090a0b0c8022", StunReadError.BadLength },
        { "000100042112a4420102030405060708090a0b0c80220001", StunReadError.TruncatedAttribute },
        { "000100042112a4420102030405060708090a0b0c8022ffff", StunReadError.TruncatedAttribute },
        { "000100082112a4420102030405060708090a0b0c0024000300000000", StunReadError.BadAttribute }, // PRIORITY of 3 bytes
        { "000100082112a4420102030405060708090a0b0c0025000100000000", StunReadError.BadAttribute }, // USE-CANDIDATE with a value
        { "000100082112a4420102030405060708090a0b0c802a000400000000", StunReadError.BadAttribute }, // tie-breaker of 4 bytes
        { "0101000c2112a4420102030405060708090a0b0c002000080002000000000000", StunReadError.BadAttribute }, // IPv6 of 4 bytes
        { "000100082112a4420102030405060708090a0b0c0008000400000000", StunReadError.BadAttribute }, // HMAC of 4 bytes
        { "011100082112a4420102030405060708090a0b0c0009000400000200", StunReadError.BadAttribute }, // error 200
        { "011100082112a4420102030405060708090a0b0c0009000400000464", StunReadError.BadAttribute }, // error 4xx, number 100
        { "000100082112a4420102030405060708090a0b0c8028000400000000", StunReadError.BadFingerprint },
        { "0001000c2112a4420102030405060708090a0b0c802800040000000000250000", StunReadError.FingerprintNotLast },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void Refuses_with_a_reason(string hex, StunReadError expected)
    {
        Assert.False(StunReader.TryRead(Convert.FromHexString(hex), out _, out var error));
        Assert.Equal(expected, error);
    }

    [Fact]
    public void Refuses_more_attributes_than_the_limit_and_longer_messages_than_a_frame()
    {
        Span<byte> buffer = new byte[2000];
        var many = new StunWriter(buffer, StunClass.Request, Transaction);
        for (var i = 0; i < StunReader.MaxAttributes; i++)
            many.Add(StunAttribute.Software, default);
        Assert.True(many.TryFinish(out var length));
        Assert.False(StunReader.TryRead(buffer[..length], out _, out var error));
        Assert.Equal(StunReadError.TooManyAttributes, error);

        var big = new StunWriter(buffer, StunClass.Request, Transaction);
        big.Add(StunAttribute.Software, new byte[1500]);
        Assert.True(big.TryFinish(out length));
        Assert.False(StunReader.TryRead(buffer[..length], out _, out error));
        Assert.Equal(StunReadError.TooLong, error);
    }

    [Fact]
    public void The_first_of_two_equal_attributes_counts()
    {
        Span<byte> buffer = new byte[200];
        var writer = new StunWriter(buffer, StunClass.Request, Transaction);
        writer.AddPriority(1);
        writer.AddPriority(2);
        Assert.True(writer.TryFinish("key"u8, out var length));
        Assert.True(StunReader.TryRead(buffer[..length], out var message, out _));
        Assert.Equal(1u, message.Priority);
    }

    [Fact]
    public void What_follows_integrity_is_not_read()
    {
        Span<byte> buffer = new byte[200];
        var writer = new StunWriter(buffer, StunClass.Request, Transaction);
        writer.AddPriority(1);
        Assert.True(writer.TryFinish("key"u8, out var length));
        length -= 8; // in place of FINGERPRINT, an attacker's own
        buffer[length..].Clear();
        (buffer[length + 1], buffer[length + 5]) = (0x25, 0x7F); // USE-CANDIDATE, and an unknown one
        buffer[3] = (byte)(length + 8 - StunReader.HeaderLength);

        Assert.True(StunReader.TryRead(buffer[..(length + 8)], out var message, out var error), error.ToString());
        Assert.True(message.HasValidIntegrity("key"u8));
        Assert.False(message.UseCandidate);
        Assert.Equal(0, message.FindUnknownRequired(new ushort[4]));
    }

    [Fact]
    public void Lists_unknown_attributes_that_must_be_comprehended_and_only_those()
    {
        Span<byte> buffer = new byte[200];
        var writer = new StunWriter(buffer, StunClass.Request, Transaction);
        writer.Add((StunAttribute)0x7F01, default);
        writer.Add((StunAttribute)0xC057, "\0\0\0\u0032"u8); // network cost, as libwebrtc sends it
        writer.Add((StunAttribute)0x0003, "\0\0\0\0"u8); // RFC 5780 CHANGE-REQUEST
        writer.AddUseCandidate();
        Assert.True(writer.TryFinish("key"u8, out var length));
        Assert.True(StunReader.TryRead(buffer[..length], out var message, out _));
        Span<ushort> types = stackalloc ushort[4];
        Assert.Equal([0x7F01, 0x0003], types[..message.FindUnknownRequired(types)].ToArray());
        Assert.Equal([0x7F01], types[..message.FindUnknownRequired(types[..1])].ToArray());
    }

    [Fact]
    public void A_response_or_an_indication_has_no_username_to_route_by()
    {
        Assert.False(StunReader.TryGetUsername(Rfc5769Tests.ResponseIPv4, out _));
        Assert.True(StunReader.TryGetUsername(Rfc5769Tests.LongTermRequest, out _));
        Assert.False(StunReader.TryGetReceiverUfrag(Rfc5769Tests.LongTermRequest, out _)); // no colon
    }

    [Fact]
    public void Damaged_vectors_are_refused_or_fail_their_integrity()
    {
        var key = "VOkJxbRl1RmTxUk/WvJxBt"u8.ToArray();
        foreach (var vector in new[] { Rfc5769Tests.Request, Rfc5769Tests.ResponseIPv4, Rfc5769Tests.ResponseIPv6 })
        {
            var naked = StunMessages.WithoutFingerprint(vector);
            Assert.True(StunReader.TryRead(naked, out var whole, out _) && whole.HasValidIntegrity(key));
            foreach (var damaged in StunMessages.Damage(naked))
                Assert.False(StunReader.TryRead(damaged, out var message, out _) && message.HasValidIntegrity(key));
        }
    }
}
