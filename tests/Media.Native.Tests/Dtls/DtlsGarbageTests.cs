using Media.Native.Dtls;

namespace Media.Native.Tests.Dtls;

/// <summary>For any bytes in any state: no exception, no crash, no keys that differ between the sides.</summary>
public class DtlsGarbageTests
{
    [Theory]
    [InlineData(DtlsRole.Client)]
    [InlineData(DtlsRole.Server)]
    public void Random_records_never_throw(DtlsRole role)
    {
        var random = new Random(5764);
        using var certificate = DtlsCertificate.Generate(TimeProvider.System);
        for (var attempt = 0; attempt < 300; attempt++)
        {
            using var endpoint = new DtlsEndpoint(role, certificate, certificate.Fingerprint);
            endpoint.Start();
            for (var n = 0; n < 10; n++)
                endpoint.HandleDatagram(RandomRecord(random));
            Assert.NotEqual(DtlsState.Connected, endpoint.State);
            Assert.False(endpoint.TryExportKeys(out _));
            while (endpoint.TryPollTransmit(new byte[1200], out _)) { }
        }
    }

    [Fact]
    public void Unauthenticated_junk_after_the_handshake_is_ignored()
    {
        var random = new Random(6347);
        using var pair = new DtlsPair();
        pair.Run();
        for (var n = 0; n < 2000; n++)
        {
            pair.Client.HandleDatagram(RandomRecord(random));
            pair.Server.HandleDatagram(RandomRecord(random));
        }
        Assert.Equal((DtlsState.Connected, null), (pair.Client.State, pair.Client.FailureReason));
        Assert.Equal((DtlsState.Connected, null), (pair.Server.State, pair.Server.FailureReason));
        Assert.True(pair.Client.TryExportKeys(out _));
    }

    /// <summary>Every content type, every length around the smallest that encryption can give.</summary>
    [Fact]
    public void Forged_records_too_short_to_be_encrypted_do_not_end_a_connection()
    {
        using var pair = new DtlsPair();
        pair.Run();
        for (byte type = 20; type < 24; type++)
            for (byte length = 0; length < 40; length++)
                pair.Client.HandleDatagram([type, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 1, type, 0, length, .. new byte[length]]);
        Assert.Equal((DtlsState.Connected, null), (pair.Client.State, pair.Client.FailureReason));
        pair.Server.Shutdown();
        pair.Run();
        Assert.Equal(DtlsState.Closed, pair.Client.State); // genuine records still arrive
    }

    /// <summary>OpenSSL drops only the header of such a record and treats its body as records.</summary>
    [Fact]
    public void A_record_of_another_version_cannot_carry_one_inside()
    {
        byte[] inner = [22, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 9, 0, 1, 0];
        foreach (var (major, minor, epoch) in new[] { (0xfe, 0xff, 0), (0xfe, 0xff, 1), (0x03, 0x03, 1), (0xfe, 0xfd, 0), (0xfe, 0xfd, 2) })
        {
            using var pair = new DtlsPair();
            pair.Run();
            byte[] outer = [22, (byte)major, (byte)minor, 0, (byte)epoch, 0, 0, 0, 0, 0, 8, 0, (byte)(3 * inner.Length)];
            pair.Client.HandleDatagram([.. outer, .. inner, .. inner, .. inner]);
            Assert.Equal((DtlsState.Connected, null), (pair.Client.State, pair.Client.FailureReason));
        }
    }

    /// <summary>
    /// RFC 6347 §4.1.2.7: anyone who can forge the peer's address can send these, in any number, before every datagram of the handshake.
    /// </summary>
    [Theory]
    [MemberData(nameof(Forgeries))]
    public void Records_in_the_clear_that_no_peer_sends_do_not_end_a_handshake(string what, byte[] record)
    {
        using var pair = new DtlsPair();
        pair.Tampers = datagram => [.. Enumerable.Repeat(record, 8), datagram, .. Enumerable.Repeat(record, 8)];
        pair.Client.HandleDatagram(record);
        pair.Server.HandleDatagram(record);
        pair.Run();
        Assert.Equal((what, DtlsState.Connected, null), (what, pair.Client.State, pair.Client.FailureReason));
        Assert.Equal((DtlsState.Connected, null), (pair.Server.State, pair.Server.FailureReason));
        AssertSameKeysOrNone(pair);
    }

    public static TheoryData<string, byte[]> Forgeries()
    {
        byte[] alert = Plain(21, [2, 40]);
        byte[] farAhead = [0xff, 0xff, 0xff, 0xff, 0xff, 0xf0];
        return new TheoryData<string, byte[]>
        {
            { "fatal alert", alert },
            { "fatal alert of DTLS 1.0", Plain(21, [2, 40], minor: 0xff) },
            { "close_notify", Plain(21, [1, 0]) },
            { "warning", Plain(21, [1, 90]) },
            { "alert of unknown level", Plain(21, [9, 40]) },
            { "alert too long", Plain(21, [2, 40, 2, 40]) },
            { "empty alert", Plain(21, []) },
            { "alert far ahead", Plain(21, [2, 40], sequence: farAhead) },
            { "two alerts in one datagram", [.. alert, .. alert] },
            { "alert inside a record of another version", Plain(22, alert, minor: 0xff) },
            { "alert inside a record of another epoch", [22, 0xfe, 0xfd, 0, 2, 0, 0, 0, 0, 0, 1, 0, (byte)alert.Length, .. alert] },
            { "application data", Plain(23, [1, 2, 3]) },
            { "heartbeat", Plain(24, [1, 0, 3, 1, 2, 3]) },
            { "change_cipher_spec", Plain(20, [1]) },
            { "change_cipher_spec far ahead", Plain(20, [1], sequence: farAhead) },
            { "change_cipher_spec of another value", Plain(20, [2]) },
            { "change_cipher_spec too long", Plain(20, [1, 1]) },
            { "hello request", Plain(22, Message(0, 0)) },
            { "hello request with a body", Plain(22, Message(0, 4)) },
            { "finished in the clear", Plain(22, Message(20, 12)) },
            { "handshake of unknown type", Plain(22, Message(77, 5)) },
            { "half a handshake header", Plain(22, [2, 0, 0]) },
            { "fragment beyond its message", Plain(22, [2, 0, 0, 4, 0, 0, 0, 0, 4, 0, 0, 4, 1, 2, 3, 4]) },
            { "message longer than any", Plain(22, [11, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 4, 1, 2, 3, 4]) },
            { "encrypted before its time", [21, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 0, 0, 26, .. new byte[26]] },
        };
    }

    private static byte[] Plain(byte type, byte[] body, byte minor = 0xfd, byte[]? sequence = null) =>
        [type, 0xfe, minor, 0, 0, .. sequence ?? [0, 0, 0, 0, 0, 3], 0, (byte)body.Length, .. body];

    private static byte[] Message(byte type, byte length) => [type, 0, 0, length, 0, 0, 0, 0, 0, 0, 0, length, .. new byte[length]];

    [Fact]
    public void A_flipped_bit_anywhere_in_a_handshake_never_throws_and_never_yields_different_keys()
    {
        var random = new Random(8446);
        for (var attempt = 0; attempt < 150; attempt++)
        {
            var flips = 0;
            using var pair = new DtlsPair();
            pair.Tampers = datagram =>
            {
                if (flips++ < 8)
                    datagram = Flip(datagram, random);
                return [datagram];
            };
            pair.Client.Start();
            pair.Run();
            AssertSameKeysOrNone(pair);
        }
    }

    [Fact]
    public void Truncated_datagrams_before_the_whole_one_never_throw()
    {
        var random = new Random(4347);
        for (var attempt = 0; attempt < 50; attempt++)
        {
            using var pair = new DtlsPair();
            pair.Tampers = datagram => [datagram[..random.Next(datagram.Length)], datagram];
            pair.Run();
            AssertSameKeysOrNone(pair);
        }
    }

    private static void AssertSameKeysOrNone(DtlsPair pair)
    {
        if (pair.Client.TryExportKeys(out var client) && pair.Server.TryExportKeys(out var server))
            Assert.Equal(client.LocalKey, server.RemoteKey);
    }

    private static byte[] Flip(byte[] datagram, Random random)
    {
        var copy = datagram.ToArray();
        copy[random.Next(copy.Length)] ^= (byte)(1 << random.Next(8));
        return copy;
    }

    /// <summary>Content type, version, epoch and length look right most of the time, so that the bytes get past the first check.</summary>
    private static byte[] RandomRecord(Random random)
    {
        var record = new byte[13 + random.Next(0, 200)];
        random.NextBytes(record);
        record[0] = (byte)random.Next(20, 24);
        record[1] = 0xfe;
        record[2] = random.Next(4) == 0 ? record[2] : (byte)0xfd;
        record[3] = 0;
        record[4] = (byte)random.Next(0, 2);
        record[11] = (byte)((record.Length - 13) >> 8);
        record[12] = (byte)(record.Length - 13);
        if (record[0] == 22 && record.Length > 25) // a handshake header with a plausible type
            record[13] = (byte)random.Next(0, 21);
        return record;
    }
}
