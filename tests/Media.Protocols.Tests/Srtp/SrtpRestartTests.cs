using Media.Protocols.Primitives;
using Media.Protocols.Rtp;
using Media.Protocols.Srtp;
using Testing;

namespace Media.Protocols.Tests.Srtp;

/// <summary>Senders that restart under the same key and SSRC, and attackers who replay recorded packets.</summary>
public sealed class SrtpRestartTests
{
    private static readonly byte[] Payload = [.. Enumerable.Range(0, 40).Select(i => (byte)i)];

    public static TheoryData<SrtpProfile> Profiles =>
        [SrtpProfile.AesCm128HmacSha1_80, SrtpProfile.AesCm128HmacSha1_32, SrtpProfile.AeadAes128Gcm];

    private static SrtpKeys Keys(SrtpProfile profile, byte fill) =>
        new(Enumerable.Repeat(fill, 16).ToArray(), Enumerable.Repeat((byte)(fill + 1), profile.MasterSaltLength()).ToArray());

    private static byte[] Rtp(SrtpSession from, ushort sequence, uint ssrc = 7, ReadOnlySpan<byte> payload = default)
    {
        var buffer = new byte[300];
        Assert.True(RtpPacketWriter.TryWrite(buffer, 111, false, new SequenceNumber(sequence), new RtpTimestamp(sequence * 960u),
            new Ssrc(ssrc), payload.IsEmpty ? Payload : payload, out var length));
        Assert.True(from.TryProtectRtp(buffer, length, out length, out var error), error.ToString());
        return buffer[..length];
    }

    private static SrtpError Unprotect(SrtpSession at, byte[] datagram)
    {
        var copy = (byte[])datagram.Clone();
        if (!at.TryUnprotectRtp(copy, out var length, out var error))
        {
            Assert.Equal(0, length);
            return error;
        }
        Assert.True(RtpPacketReader.TryRead(copy.AsSpan(0, length), out var packet));
        Assert.Equal(Payload, packet.Payload.ToArray());
        return error;
    }

    private static byte[] Rtcp(SrtpSession from, uint ssrc = 7)
    {
        byte[] buffer = [0x80, 201, 0, 1, 0, 0, 0, (byte)ssrc, .. new byte[40]];
        Assert.True(from.TryProtectRtcp(buffer, 8, out var length, out var error), error.ToString());
        return buffer[..length];
    }

    private static SrtpError UnprotectRtcp(SrtpSession at, byte[] datagram)
    {
        var copy = (byte[])datagram.Clone();
        return at.TryUnprotectRtcp(copy, out _, out var error) ? SrtpError.None : error;
    }

    private static SrtpSession Receiver(SrtpProfile profile) =>
        new(profile, Keys(profile, 3), [Keys(profile, 1)], new ManagedSrtpPrimitives(), followsRestarts: true);

    private static SrtpSession Sender(SrtpProfile profile) => new(profile, Keys(profile, 1), Keys(profile, 3), new ManagedSrtpPrimitives());

    /// <summary>Another payload than the first start's: the same packet would be a replay.</summary>
    private static byte[] Second(SrtpSession from, int sequence) =>
        Rtp(from, (ushort)sequence, payload: [.. Payload.Select(b => (byte)(b ^ 0x55))]);

    private static SrtpError UnprotectAny(SrtpSession at, byte[] datagram)
    {
        var copy = (byte[])datagram.Clone();
        return at.TryUnprotectRtp(copy, out _, out var error) ? SrtpError.None : error;
    }

    [Theory]
    [InlineData(65_000, 1200, 100)]     // wrapped, restarts below its first start
    [InlineData(65_000, 1200, 65_000)]  // restarts at its first start
    [InlineData(65_000, 1200, 65_300)]
    [InlineData(40_000, 300, 100)]      // a lower number without wrap
    [InlineData(40_000, 300, 39_000)]
    [InlineData(40_000, 300, 40_050)]
    [InlineData(40_000, 300, 5_000)]
    public void A_sender_that_begins_anew_under_the_same_key_is_found_again_and_nothing_is_taken_twice(int start, int count, int restart)
    {
        foreach (var profile in new[] { SrtpProfile.AesCm128HmacSha1_80, SrtpProfile.AesCm128HmacSha1_32, SrtpProfile.AeadAes128Gcm })
        {
            using var receiver = Receiver(profile);
            using var first = Sender(profile);
            var recorded = Enumerable.Range(start, count).Select(sequence => Rtp(first, (ushort)sequence)).ToList();
            Assert.All(recorded, packet => Assert.Equal(SrtpError.None, Unprotect(receiver, packet)));
            // a replay causes no second restart
            Assert.All(recorded, packet => Assert.NotEqual(SrtpError.None, UnprotectAny(receiver, packet)));

            using var second = Sender(profile);
            var anew = Enumerable.Range(restart, 700).Select(sequence => Second(second, sequence)).ToList();
            var heard = anew.ConvertAll(packet => UnprotectAny(receiver, packet));

            Assert.All(heard.Skip(5), error => Assert.Equal(SrtpError.None, error));
            foreach (var replayed in recorded.Concat(anew.Skip(5)).Concat(recorded))
                Assert.NotEqual(SrtpError.None, UnprotectAny(receiver, replayed));
            for (var sequence = restart + 700; sequence < restart + 800; sequence++)
                Assert.Equal(SrtpError.None, UnprotectAny(receiver, Second(second, sequence)));
        }
    }

    [Theory]
    [InlineData(40_000, 5_000)]
    [InlineData(40_000, 39_000)]
    [InlineData(20_000, 60_000)] // ahead by more than half a period
    public void A_sender_that_goes_on_in_the_same_rollover_period_is_found_again(int highest, int next)
    {
        foreach (var profile in new[] { SrtpProfile.AesCm128HmacSha1_80, SrtpProfile.AesCm128HmacSha1_32, SrtpProfile.AeadAes128Gcm })
        {
            using var receiver = Receiver(profile);
            using var first = Sender(profile);
            var recorded = new[] { 30_000, 60_000, 65_536 + 10_000, 65_536 + highest }.Select(index => Rtp(first, (ushort)index)).ToList();
            Assert.All(recorded, packet => Assert.Equal(SrtpError.None, Unprotect(receiver, packet)));

            using var second = Sender(profile);
            second.GoOnFrom(new Ssrc(7), new SrtpPosition(65_536 + next - 1, -1, 0, -1, -1));
            var anew = Enumerable.Range(next, 700).Select(sequence => Second(second, sequence)).ToList();
            var heard = anew.ConvertAll(packet => UnprotectAny(receiver, packet));

            Assert.All(heard.Skip(5), error => Assert.Equal(SrtpError.None, error));
            foreach (var replayed in recorded.Concat(anew.Skip(5)).Concat(recorded))
                Assert.NotEqual(SrtpError.None, UnprotectAny(receiver, replayed));
            Assert.Equal(SrtpError.None, UnprotectAny(receiver, Second(second, next + 700)));
        }
    }

    [Fact]
    public void A_sender_that_went_on_unheard_for_most_of_a_rollover_period_is_found_again()
    {
        const SrtpProfile Profile = SrtpProfile.AesCm128HmacSha1_80;
        using var receiver = Receiver(Profile);
        using var sender = Sender(Profile);
        Assert.Equal(SrtpError.None, Unprotect(receiver, Rtp(sender, 60_000)));
        for (var sequence = 60_001; sequence < 60_000 + 40_000; sequence += 1000)
            Rtp(sender, (ushort)sequence);

        var heard = Enumerable.Range(100_001, 20).Select(sequence => Unprotect(receiver, Rtp(sender, (ushort)sequence))).ToList();

        Assert.All(heard.Skip(5), error => Assert.Equal(SrtpError.None, error));
    }

    [Theory, MemberData(nameof(Profiles))]
    public void Rtcp_of_a_sender_that_began_anew_is_taken_once(SrtpProfile profile)
    {
        using var receiver = Receiver(profile);
        using var first = Sender(profile);
        var recorded = Enumerable.Range(0, 200).Select(_ => Rtcp(first)).ToList();
        Assert.All(recorded, packet => Assert.Equal(SrtpError.None, UnprotectRtcp(receiver, packet)));

        using var second = Sender(profile);
        byte[] Report()
        {
            byte[] buffer = [0x80, 201, 0, 1, 0, 0, 0, 7, 0x81, 203, 0, 1, 0, 0, 0, 7, .. new byte[40]];
            Assert.True(second.TryProtectRtcp(buffer, 16, out var length, out _));
            return buffer[..length];
        }
        var anew = Enumerable.Range(0, 20).Select(_ => Report()).ToList();
        var heard = anew.ConvertAll(packet => UnprotectRtcp(receiver, packet));

        Assert.All(heard.Skip(5), error => Assert.Equal(SrtpError.None, error));
        Assert.All(recorded.Concat(anew.Skip(5)), packet => Assert.Equal(SrtpError.Replayed, UnprotectRtcp(receiver, packet)));
    }

    [Fact]
    public void Forged_packets_find_no_second_start()
    {
        const SrtpProfile Profile = SrtpProfile.AesCm128HmacSha1_80;
        using var receiver = Receiver(Profile);
        using var sender = Sender(Profile);
        Assert.Equal(SrtpError.None, Unprotect(receiver, Rtp(sender, 30_000)));

        for (var i = 0; i < 100; i++)
        {
            var forged = Rtp(sender, (ushort)(30_001 + i));
            forged[^1] ^= 1;
            Assert.Equal(SrtpError.NotAuthentic, UnprotectAny(receiver, forged));
        }
        Assert.Equal(SrtpError.None, Unprotect(receiver, Rtp(sender, 30_200)));
    }
}
