using Media.Protocols.Primitives;
using Media.Protocols.Rtp;
using Media.Protocols.Srtp;
using Testing;

namespace Media.Protocols.Tests.Srtp;

public sealed class SrtpSessionTests
{
    private static readonly byte[] Payload = [.. Enumerable.Range(0, 40).Select(i => (byte)i)];

    public static TheoryData<SrtpProfile> Profiles =>
        [SrtpProfile.AesCm128HmacSha1_80, SrtpProfile.AesCm128HmacSha1_32, SrtpProfile.AeadAes128Gcm];

    private static SrtpKeys Keys(SrtpProfile profile, byte fill) =>
        new(Enumerable.Repeat(fill, 16).ToArray(), Enumerable.Repeat((byte)(fill + 1), profile.MasterSaltLength()).ToArray());

    private static (SrtpSession Alice, SrtpSession Bob) Pair(SrtpProfile profile)
    {
        var primitives = new ManagedSrtpPrimitives();
        return (new SrtpSession(profile, Keys(profile, 1), Keys(profile, 3), primitives),
            new SrtpSession(profile, Keys(profile, 3), Keys(profile, 1), primitives));
    }

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

    [Theory, MemberData(nameof(Profiles))]
    public void Round_trips_in_both_directions_and_hides_the_payload(SrtpProfile profile)
    {
        var (alice, bob) = Pair(profile);
        var packet = Rtp(alice, 1);
        Assert.Equal(12 + Payload.Length + profile.RtpOverhead(), packet.Length);
        Assert.Equal(-1, packet.AsSpan().IndexOf(Payload.AsSpan(0, 8)));
        Assert.Equal(SrtpError.None, Unprotect(bob, packet));
        Assert.Equal(SrtpError.None, Unprotect(alice, Rtp(bob, 9)));

        var report = Rtcp(alice);
        Assert.Equal(8 + profile.RtcpOverhead(), report.Length);
        Assert.Equal(SrtpError.None, UnprotectRtcp(bob, report));
        Assert.Equal(SrtpError.None, UnprotectRtcp(alice, Rtcp(bob)));
    }

    [Theory, MemberData(nameof(Profiles))]
    public void Contributing_sources_and_extension_stay_in_clear(SrtpProfile profile)
    {
        var (alice, bob) = Pair(profile);
        byte[] plain = [0x91, 111, 0, 5, 0, 0, 0, 0, 0, 0, 0, 7, 1, 2, 3, 4, 0xBE, 0xDE, 0, 1, 0x10, 0xFF, 0, 0, .. Payload];
        byte[] buffer = [.. plain, .. new byte[SrtpSession.MaxOverhead]];
        Assert.True(alice.TryProtectRtp(buffer, plain.Length, out var length, out _));
        Assert.Equal(plain[..24], buffer[..24]);
        Assert.True(bob.TryUnprotectRtp(buffer.AsSpan(0, length), out length, out _));
        Assert.Equal(plain, buffer[..length]);
    }

    [Theory, MemberData(nameof(Profiles))]
    public void Refuses_every_single_flipped_bit(SrtpProfile profile)
    {
        var (alice, bob) = Pair(profile);
        var packet = Rtp(alice, 100);
        for (var bit = 0; bit < packet.Length * 8; bit++)
        {
            packet[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.NotEqual(SrtpError.None, UnprotectQuietly(bob, packet));
            packet[bit / 8] ^= (byte)(1 << bit % 8);
        }
        var report = Rtcp(alice);
        for (var bit = 0; bit < report.Length * 8; bit++)
        {
            report[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.NotEqual(SrtpError.None, UnprotectRtcp(bob, report));
            report[bit / 8] ^= (byte)(1 << bit % 8);
        }
        // None of that changed state: the authentic packets still pass.
        Assert.Equal(SrtpError.None, Unprotect(bob, packet));
        Assert.Equal(SrtpError.None, UnprotectRtcp(bob, report));
    }

    private static SrtpError UnprotectQuietly(SrtpSession at, byte[] datagram)
    {
        at.TryUnprotectRtp((byte[])datagram.Clone(), out _, out var error);
        return error;
    }

    [Theory, MemberData(nameof(Profiles))]
    public void Refuses_every_truncation(SrtpProfile profile)
    {
        var (alice, bob) = Pair(profile);
        var packet = Rtp(alice, 100);
        var report = Rtcp(alice);
        for (var length = 0; length < packet.Length; length++)
            Assert.NotEqual(SrtpError.None, UnprotectQuietly(bob, packet[..length]));
        for (var length = 0; length < report.Length; length++)
            Assert.NotEqual(SrtpError.None, UnprotectRtcp(bob, report[..length]));
    }

    [Theory, MemberData(nameof(Profiles))]
    public void Refuses_replays_and_what_is_older_than_the_window(SrtpProfile profile)
    {
        var (alice, bob) = Pair(profile);
        var packets = Enumerable.Range(0, 300).Select(i => Rtp(alice, (ushort)i)).ToArray();
        Assert.Equal(SrtpError.None, Unprotect(bob, packets[10]));
        Assert.Equal(SrtpError.Replayed, Unprotect(bob, packets[10]));
        Assert.Equal(SrtpError.None, Unprotect(bob, packets[299]));
        Assert.Equal(SrtpError.None, Unprotect(bob, packets[299 - 127]));
        Assert.Equal(SrtpError.Replayed, Unprotect(bob, packets[299 - 127]));
        Assert.Equal(SrtpError.Replayed, Unprotect(bob, packets[299 - 128]));

        var reports = Enumerable.Range(0, 3).Select(_ => Rtcp(alice)).ToArray();
        Assert.Equal(SrtpError.None, UnprotectRtcp(bob, reports[2]));
        Assert.Equal(SrtpError.None, UnprotectRtcp(bob, reports[0]));
        Assert.Equal(SrtpError.Replayed, UnprotectRtcp(bob, reports[0]));
        Assert.Equal(SrtpError.Replayed, UnprotectRtcp(bob, reports[2]));
        Assert.Equal(SrtpError.None, UnprotectRtcp(bob, reports[1]));
    }

    [Theory, MemberData(nameof(Profiles))]
    public void Keeps_going_across_several_rollovers(SrtpProfile profile)
    {
        var (alice, bob) = Pair(profile);
        for (var i = 0; i < 3 * 65536; i += 1021)
            Assert.Equal(SrtpError.None, Unprotect(bob, Rtp(alice, (ushort)i)));
    }

    [Theory, MemberData(nameof(Profiles))]
    public void Accepts_any_order_around_the_wrap(SrtpProfile profile)
    {
        var (alice, bob) = Pair(profile);
        Assert.Equal(SrtpError.None, Unprotect(bob, Rtp(alice, 40000)));
        var around = Enumerable.Range(65500, 80).Select(i => Rtp(alice, (ushort)i)).ToArray();
        new Random(5).Shuffle(around);
        foreach (var packet in around)
            Assert.Equal(SrtpError.None, Unprotect(bob, packet));
        foreach (var packet in around)
            Assert.Equal(SrtpError.Replayed, Unprotect(bob, packet));
    }

    [Fact]
    public void A_packet_before_the_first_rollover_period_is_refused()
    {
        var (alice, bob) = Pair(SrtpProfile.AesCm128HmacSha1_80);
        Assert.Equal(SrtpError.None, Unprotect(bob, Rtp(alice, 2)));
        var (unexpectedSource, _) = Pair(SrtpProfile.AesCm128HmacSha1_80);
        Assert.Equal(SrtpError.Replayed, Unprotect(bob, Rtp(unexpectedSource, 65535)));
        Assert.Equal(SrtpError.None, Unprotect(bob, Rtp(alice, 3)));
    }

    [Theory, MemberData(nameof(Profiles))]
    public void Each_ssrc_rolls_over_on_its_own(SrtpProfile profile)
    {
        var (alice, bob) = Pair(profile);
        foreach (var sequence in new ushort[] { 30000, 60000, 10000 })
            Assert.Equal(SrtpError.None, Unprotect(bob, Rtp(alice, sequence, ssrc: 1)));
        Assert.Equal(SrtpError.None, Unprotect(bob, Rtp(alice, 10001, ssrc: 2)));
        Assert.Equal(SrtpError.None, Unprotect(bob, Rtp(alice, 10001, ssrc: 1)));
        Assert.Equal(SrtpError.None, Unprotect(bob, Rtp(alice, 10002, ssrc: 2)));
    }

    [Fact]
    public void Forged_packets_of_unknown_ssrcs_displace_nobody()
    {
        var (alice, bob) = Pair(SrtpProfile.AesCm128HmacSha1_80);
        foreach (var sequence in new ushort[] { 30000, 60000, 10000 })
            Unprotect(bob, Rtp(alice, sequence));
        for (var ssrc = 100u; ssrc < 1100; ssrc++)
        {
            byte[] forged = [0x80, 111, 0, 1, 0, 0, 0, 0, 0, 0, (byte)(ssrc >> 8), (byte)ssrc, .. new byte[30]];
            Assert.Equal(SrtpError.NotAuthentic, UnprotectQuietly(bob, forged));
            Assert.Equal(
                SrtpError.NotAuthentic, UnprotectRtcp(bob, [0x80, 201, 0, 1, 0, 0, (byte)(ssrc >> 8), (byte)ssrc, 0x80, .. new byte[13]]));
        }
        // The rollover counter, 1 by now, is still known.
        Assert.Equal(SrtpError.None, Unprotect(bob, Rtp(alice, 10001)));
    }

    [Fact]
    public void The_ssrc_unused_for_longest_makes_room()
    {
        var (alice, bob) = Pair(SrtpProfile.AesCm128HmacSha1_80);
        var (carol, _) = Pair(SrtpProfile.AesCm128HmacSha1_80); // the same keys, other streams
        var first = Rtp(alice, 1, ssrc: 1);
        Assert.Equal(SrtpError.None, Unprotect(bob, first));
        for (var ssrc = 2u; ssrc <= SrtpStreamTable.Capacity; ssrc++)
            Assert.Equal(SrtpError.None, Unprotect(bob, Rtp(alice, 1, ssrc)));
        Assert.Equal(SrtpError.None, Unprotect(bob, Rtp(alice, 2, ssrc: 1)));
        Assert.Equal(SrtpError.None, Unprotect(bob, Rtp(carol, 1, ssrc: 99)));
        Assert.Equal(SrtpError.Replayed, Unprotect(bob, first)); // 2 went, 1 stayed
    }

    [Fact]
    public void Protects_no_index_twice_and_one_ssrc_after_another_without_end()
    {
        var (alice, bob) = Pair(SrtpProfile.AeadAes128Gcm);
        Rtp(alice, 1);
        for (var ssrc = 8u; ssrc < 8 + 3 * SrtpStreamTable.Capacity; ssrc++)
        {
            Assert.Equal(SrtpError.None, Unprotect(bob, Rtp(alice, 1, ssrc)));
            Assert.Equal(SrtpError.None, UnprotectRtcp(bob, Rtcp(alice, ssrc)));
            Assert.Equal(SrtpError.Replayed, Protect(alice, 1, ssrc));
            Assert.Equal(SrtpError.Replayed, Protect(alice, 1, 7)); // in use, so not forgotten
            Rtp(alice, (ushort)(ssrc + 1));
        }
    }

    private static SrtpError Protect(SrtpSession session, ushort sequence, uint ssrc)
    {
        var buffer = new byte[100];
        RtpPacketWriter.TryWrite(buffer, 0, false, new SequenceNumber(sequence), default, new Ssrc(ssrc), Payload, out var length);
        session.TryProtectRtp(buffer, length, out _, out var error);
        return error;
    }

    [Fact]
    public void Wants_room_for_the_tag_and_a_packet_to_protect()
    {
        var (alice, _) = Pair(SrtpProfile.AesCm128HmacSha1_80);
        var buffer = new byte[21];
        buffer[0] = 0x80;
        Assert.False(alice.TryProtectRtp(buffer, 12, out _, out var error));
        Assert.Equal(SrtpError.BufferTooSmall, error);
        Assert.False(alice.TryProtectRtp(buffer, 22, out _, out error));
        Assert.Equal(SrtpError.Malformed, error);
        Assert.False(alice.TryProtectRtp(buffer, -1, out _, out error));
        Assert.Equal(SrtpError.Malformed, error);
        Assert.False(alice.TryProtectRtcp(buffer, 8, out _, out error));
        Assert.Equal(SrtpError.BufferTooSmall, error);
        Assert.False(alice.TryProtectRtcp(buffer, 4, out _, out error));
        Assert.Equal(SrtpError.Malformed, error);
    }

    [Fact]
    public void Rtcp_sent_in_clear_is_refused()
    {
        var (alice, bob) = Pair(SrtpProfile.AeadAes128Gcm);
        var report = Rtcp(alice);
        report[^4] &= 0x7F;
        Assert.Equal(SrtpError.NotEncrypted, UnprotectRtcp(bob, report));
    }

    [Theory, MemberData(nameof(Profiles))]
    public void Exported_keying_material_splits_into_keys_then_salts(SrtpProfile profile)
    {
        var material = Enumerable.Range(0, profile.ExporterLength()).Select(i => (byte)i).ToArray();
        Assert.True(SrtpKeys.TrySplitExporter(profile, material, out var client, out var server));
        var salt = profile.MasterSaltLength();
        Assert.Equal(material[..16], client.MasterKey.ToArray());
        Assert.Equal(material[16..32], server.MasterKey.ToArray());
        Assert.Equal(material[32..(32 + salt)], client.MasterSalt.ToArray());
        Assert.Equal(material[(32 + salt)..], server.MasterSalt.ToArray());
        Assert.False(SrtpKeys.TrySplitExporter(profile, material.AsSpan(1), out _, out _));
        Assert.False(SrtpKeys.TrySplitExporter(SrtpProfile.None, material, out _, out _));
    }

    [Fact]
    public void A_session_with_an_unfit_salt_is_not_made()
    {
        var keys = Keys(SrtpProfile.AeadAes128Gcm, 1);
        Assert.Throws<ArgumentException>(() => new SrtpSession(SrtpProfile.AesCm128HmacSha1_80, keys, keys, new ManagedSrtpPrimitives()));
    }

    [Theory, MemberData(nameof(Profiles))]
    public void Allocates_nothing_per_packet(SrtpProfile profile)
    {
        var (alice, bob) = Pair(profile);
        var buffer = new byte[200];
        long Run(ushort first)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 1000; i++)
            {
                RtpPacketWriter.TryWrite(
                    buffer, 0, false, new SequenceNumber((ushort)(first + i)), default, new Ssrc(7), Payload, out var length);
                alice.TryProtectRtp(buffer, length, out length, out _);
                bob.TryUnprotectRtp(buffer.AsSpan(0, length), out _, out _);
            }
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Run(0);
        Assert.Equal(0, Run(1000));
    }

    /// <summary>
    /// Inserts the bytes that a sender with an identifier puts before the tag (RFC 3711 §3.1), or at the end under AES-GCM (RFC 7714 §8.2).
    /// </summary>
    private static byte[] WithIdentifier(byte[] datagram, SrtpProfile profile, byte[] mki, bool isRtcp)
    {
        var behind = profile == SrtpProfile.AeadAes128Gcm ? 0 : isRtcp ? 10 : profile.RtpOverhead();
        return [.. datagram[..^behind], .. mki, .. datagram[^behind..]];
    }

    [Theory, MemberData(nameof(Profiles))]
    public void A_key_identifier_of_known_length_is_taken_out_and_chooses_the_key(SrtpProfile profile)
    {
        foreach (var length in new[] { 1, 4, 16, 128 })
        {
            byte[] one = [.. new byte[length - 1], 1], two = [.. new byte[length - 1], 2];
            var primitives = new ManagedSrtpPrimitives();
            SrtpKeys Named(byte fill, byte[] mki) =>
                new(Enumerable.Repeat(fill, 16).ToArray(), Enumerable.Repeat(fill, profile.MasterSaltLength()).ToArray(), mki);
            using var first = new SrtpSession(profile, Named(1, []), Named(9, []), primitives);
            using var second = new SrtpSession(profile, Named(2, []), Named(9, []), primitives);
            using var bob = new SrtpSession(profile, Named(9, []), [Named(1, one), Named(2, two)], primitives);

            Assert.Equal(SrtpError.None, Unprotect(bob, WithIdentifier(Rtp(first, 1), profile, one, isRtcp: false)));
            Assert.Equal(SrtpError.None, Unprotect(bob, WithIdentifier(Rtp(second, 2), profile, two, isRtcp: false)));
            Assert.Equal(SrtpError.Replayed, Unprotect(bob, WithIdentifier(Rtp(first, 2), profile, one, isRtcp: false)));
            Assert.Equal(SrtpError.NotAuthentic, Unprotect(bob, WithIdentifier(Rtp(first, 3), profile, two, isRtcp: false)));
            Assert.Equal(SrtpError.NotAuthentic, Unprotect(
                bob, WithIdentifier(Rtp(first, 4), profile, [.. new byte[length - 1], 3], isRtcp: false)));
            Assert.Equal(SrtpError.None, Unprotect(bob, Rtp(first, 5))); // announced, and then not sent
            Assert.Equal(SrtpError.None, UnprotectRtcp(bob, WithIdentifier(Rtcp(first), profile, one, isRtcp: true)));
            Assert.Equal(SrtpError.None, UnprotectRtcp(bob, WithIdentifier(Rtcp(second, 8), profile, two, isRtcp: true)));
            Assert.Equal(SrtpError.NotAuthentic, UnprotectRtcp(bob, WithIdentifier(Rtcp(second, 9), profile, one, isRtcp: true)));
        }
    }
}
