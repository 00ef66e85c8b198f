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
