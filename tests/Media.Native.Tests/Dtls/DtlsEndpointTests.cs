using Media.Native.Dtls;

namespace Media.Native.Tests.Dtls;

public class DtlsEndpointTests
{
    [Theory]
    [InlineData(DtlsSrtpProfile.AeadAes128Gcm)]
    [InlineData(DtlsSrtpProfile.AesCm128HmacSha1Tag80)]
    [InlineData(DtlsSrtpProfile.AesCm128HmacSha1Tag32)]
    public void Both_sides_end_with_mirrored_keys_of_the_agreed_profile(DtlsSrtpProfile profile)
    {
        using var pair = new DtlsPair(server: new DtlsOptions { SrtpProfiles = [profile] });
        pair.Run();
        AssertKeysMirror(pair, profile);
    }

    /// <summary>A handshake has six datagrams at most in each direction here; losing any one of them must only cost time.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void A_lost_datagram_is_sent_again(int lost)
    {
        using var pair = new DtlsPair(DtlsPair.SmallDatagrams, DtlsPair.SmallDatagrams) { Loses = n => n == lost };
        pair.Run();
        AssertKeysMirror(pair);
    }

    [Fact]
    public void Survives_heavy_loss()
    {
        var random = new Random(6347);
        using var pair = new DtlsPair(DtlsPair.SmallDatagrams, DtlsPair.SmallDatagrams) { Loses = n => n < 20 && random.Next(4) == 0 };
        pair.Run();
        AssertKeysMirror(pair);
    }

    [Fact]
    public void Reordered_flights_are_put_together()
    {
        using var pair = new DtlsPair(DtlsPair.SmallDatagrams, DtlsPair.SmallDatagrams) { Reverses = true };
        pair.Run();
        AssertKeysMirror(pair);
    }

    [Fact]
    public void Duplicated_and_replayed_datagrams_change_nothing()
    {
        using var pair = new DtlsPair();
        pair.Run();
        foreach (var datagram in pair.Sent.ToArray())
        {
            pair.Client.HandleDatagram(datagram);
            pair.Server.HandleDatagram(datagram);
        }
        AssertKeysMirror(pair);
    }

    [Fact]
    public void Long_flights_are_split_at_the_datagram_limit()
    {
        using var pair = new DtlsPair(DtlsPair.SmallDatagrams, DtlsPair.SmallDatagrams);
        pair.Run();
        AssertKeysMirror(pair);
        Assert.All(pair.Sent, datagram => Assert.InRange(datagram.Length, 14, DtlsPair.SmallDatagrams.MaxDatagramSize));
        Assert.InRange(pair.Sent.Count, 6, 20);
    }

    [Fact]
    public void An_ordinary_handshake_takes_four_datagrams()
    {
        var patient = new DtlsOptions { FirstRetransmit = TimeSpan.FromSeconds(10), MaxRetransmit = TimeSpan.FromSeconds(10) };
        using var pair = new DtlsPair(patient, patient);
        pair.Run();
        Assert.Equal(4, pair.Sent.Count);
    }

    [Fact]
    public void A_server_whose_certificate_was_not_announced_yields_no_keys()
    {
        using var pair = new DtlsPair(clientExpects: default(DtlsFingerprint));
        pair.Run();
        Assert.Equal((DtlsState.Failed, DtlsFailure.FingerprintMismatch), (pair.Client.State, pair.Client.Failure));
        Assert.Equal((DtlsState.Failed, DtlsFailure.PeerAlert), (pair.Server.State, pair.Server.Failure));
        Assert.False(pair.Client.TryExportKeys(out _));
        Assert.False(pair.Server.TryExportKeys(out _));
    }

    [Fact]
    public void A_client_whose_certificate_was_not_announced_yields_no_keys()
    {
        using var pair = new DtlsPair(serverExpects: default(DtlsFingerprint));
        pair.Run();
        Assert.Equal((DtlsState.Failed, DtlsFailure.FingerprintMismatch), (pair.Server.State, pair.Server.Failure));
        Assert.Equal((DtlsState.Failed, DtlsFailure.PeerAlert), (pair.Client.State, pair.Client.Failure));
        Assert.Contains("bad certificate", pair.Client.FailureReason, StringComparison.Ordinal);
        Assert.False(pair.Server.TryExportKeys(out _));
        Assert.False(pair.Client.TryExportKeys(out _));
    }

    [Fact]
    public void Without_a_common_srtp_profile_there_is_no_connection()
    {
        using var pair = new DtlsPair(
            new DtlsOptions { SrtpProfiles = [DtlsSrtpProfile.AeadAes128Gcm] },
            new DtlsOptions { SrtpProfiles = [DtlsSrtpProfile.AesCm128HmacSha1Tag80] });
        pair.Run();
        Assert.Equal((DtlsState.Failed, DtlsFailure.NoSrtpProfile), (pair.Client.State, pair.Client.Failure));
        Assert.Equal((DtlsState.Failed, DtlsFailure.NoSrtpProfile), (pair.Server.State, pair.Server.Failure));
    }

    [Fact]
    public void The_servers_order_of_profiles_decides()
    {
        using var pair = new DtlsPair(server: new DtlsOptions
        {
            SrtpProfiles = [DtlsSrtpProfile.AesCm128HmacSha1Tag32, DtlsSrtpProfile.AeadAes128Gcm],
        });
        pair.Run();
        AssertKeysMirror(pair, DtlsSrtpProfile.AesCm128HmacSha1Tag32);
    }

    [Fact]
    public void No_keys_exist_before_the_handshake_is_over()
    {
        using var pair = new DtlsPair { Loses = _ => true };
        Assert.False(pair.Client.TryExportKeys(out _));
        Assert.Null(pair.Client.TimeUntilRetransmit);
        pair.Client.Start();
        Assert.Equal(DtlsState.Handshaking, pair.Client.State);
        Assert.NotNull(pair.Client.TimeUntilRetransmit);
        Assert.False(pair.Client.TryExportKeys(out _));
    }

    [Fact]
    public void A_silent_peer_ends_in_a_timeout()
    {
        using var pair = new DtlsPair { Loses = _ => true };
        pair.Run();
        Assert.Equal((DtlsState.Failed, DtlsFailure.Timeout), (pair.Client.State, pair.Client.Failure));
        Assert.InRange(pair.Sent.Count, 10, 14); // the hello and its repetitions
    }

    [Fact]
    public void Waits_double_from_the_first_retransmission_on()
    {
        using var pair = new DtlsPair(new DtlsOptions { FirstRetransmit = TimeSpan.FromMilliseconds(700) });
        pair.Client.Start();
        Assert.InRange(pair.Client.TimeUntilRetransmit!.Value.TotalMilliseconds, 300, 700);
        pair.Client.HandleTimeout(); // too early: nothing happens
        Assert.True(pair.Client.TryPollTransmit(new byte[2048], out _));
        Assert.False(pair.Client.TryPollTransmit(new byte[2048], out _));
    }

    [Fact]
    public void Options_that_make_no_sense_are_refused()
    {
        static void Make(DtlsOptions options) => DtlsCertificate.Generate(TimeProvider.System, options).Dispose();
        Assert.Throws<ArgumentException>(() => Make(new DtlsOptions { SrtpProfiles = [] }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Make(new DtlsOptions { SrtpProfiles = [(DtlsSrtpProfile)8] }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Make(new DtlsOptions { MaxDatagramSize = 255 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Make(new DtlsOptions { FirstRetransmit = TimeSpan.Zero }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Make(new DtlsOptions { FirstRetransmit = TimeSpan.FromSeconds(4) }));
    }

    [Fact]
    public void Close_notify_closes_the_other_side()
    {
        using var pair = new DtlsPair();
        pair.Run();
        pair.Client.Shutdown();
        Assert.Equal(DtlsState.Closed, pair.Client.State);
        pair.Run();
        Assert.Equal((DtlsState.Closed, DtlsFailure.None), (pair.Server.State, pair.Server.Failure));
        Assert.False(pair.Server.TryExportKeys(out _));
    }

    [Fact]
    public void A_disposed_endpoint_is_inert()
    {
        var pair = new DtlsPair();
        pair.Run();
        pair.Dispose();
        pair.Client.HandleDatagram(new byte[100]);
        pair.Client.HandleTimeout();
        pair.Client.Shutdown();
        Assert.Null(pair.Client.TimeUntilRetransmit);
        Assert.False(pair.Client.TryPollTransmit(new byte[2048], out _));
        Assert.False(pair.Client.TryExportKeys(out _));
        Assert.Equal(DtlsState.Closed, pair.Client.State);
    }

    [Fact]
    public void A_buffer_that_might_not_hold_a_datagram_is_refused()
    {
        using var pair = new DtlsPair();
        Assert.Throws<ArgumentException>(() => pair.Client.TryPollTransmit(new byte[1199], out _));
    }

    private static void AssertKeysMirror(DtlsPair pair, DtlsSrtpProfile profile = DtlsSrtpProfile.AeadAes128Gcm)
    {
        Assert.Equal((DtlsState.Connected, null), (pair.Client.State, pair.Client.FailureReason));
        Assert.Equal((DtlsState.Connected, null), (pair.Server.State, pair.Server.FailureReason));
        Assert.True(pair.Client.TryExportKeys(out var client));
        Assert.True(pair.Server.TryExportKeys(out var server));
        Assert.Equal((profile, profile), (client.Profile, server.Profile));
        Assert.Equal(client.LocalKey, server.RemoteKey);
        Assert.Equal(client.LocalSalt, server.RemoteSalt);
        Assert.Equal(client.RemoteKey, server.LocalKey);
        Assert.Equal(client.RemoteSalt, server.LocalSalt);
        Assert.NotEqual(client.LocalKey, client.RemoteKey);
        Assert.Equal((16, profile.SaltSize()), (client.LocalKey.Length, client.LocalSalt.Length));
    }
}
