using AdminApi.Platform;

namespace AdminApi.Tests;

/// <summary>Credentials of TURN servers by a shared secret (draft-uberti-behave-turn-rest-00 §2.2).</summary>
public sealed class TurnServersTests : IDisposable
{
    private readonly string _secret = Path.GetTempFileName();

    public TurnServersTests() => File.WriteAllText(_secret, "open sesame\n");

    public void Dispose() => File.Delete(_secret);

    /// <summary>As `openssl dgst -sha1 -hmac 'open sesame' -binary | base64` says.</summary>
    [Fact]
    public void A_credential_is_the_HMAC_of_a_username_that_ends_with_its_time()
    {
        var server = TurnServers.Read(new TurnOptions { Urls = "turn:a.example:3478, turns:b.example", SecretFile = _secret }, [])!
            .For("anna", DateTimeOffset.FromUnixTimeSeconds(1767225600) - new TurnOptions().Lifetime);
        Assert.Equal(["turn:a.example:3478", "turns:b.example"], server.Urls);
        Assert.Equal(("1767225600:anna", "7eoldCwiEb7WmUcM+Lc/z4NmVqg="), (server.Username, server.Credential));
    }

    [Fact]
    public void Without_an_address_there_are_no_servers() => Assert.Null(TurnServers.Read(new TurnOptions { SecretFile = _secret }, []));

    [Theory]
    [InlineData("stun:a.example", true, "00:10:00", "Urls")]
    [InlineData("turn:a.example", false, "00:10:00", "SecretFile")]
    [InlineData("turn:a.example", true, "00:00:01", "Lifetime")]
    public void What_cannot_work_is_said_at_the_start(string urls, bool hasSecret, string lifetime, string option)
    {
        List<string> errors = [];
        Assert.Null(TurnServers.Read(
            new TurnOptions { Urls = urls, SecretFile = hasSecret ? _secret : null, Lifetime = TimeSpan.Parse(lifetime) }, errors));
        Assert.Contains("AdminApi:Phone:Turn:" + option, Assert.Single(errors));
    }
}
