using Gateway.Calls.Lifecycle;
using Gateway.Worker.Configuration;

namespace Gateway.Worker.Tests.Reload;

/// <summary>What a stop has to wait for is what calls in progress may still have.</summary>
public sealed class LiveOptionsTests
{
    [Fact]
    public void A_stop_gives_calls_the_longest_time_that_any_of_them_may_have_to_end()
    {
        var live = new LiveOptions(Of(seconds: 10));
        live.Replace(Of(seconds: 3));
        Assert.Equal(TimeSpan.FromSeconds(10), live.LongestEnding);
        live.Replace(Of(seconds: 20));
        Assert.Equal(TimeSpan.FromSeconds(20), live.LongestEnding);
    }

    private static ConfigurationSnapshot Of(double seconds)
    {
        var options = new GatewayOptions
        {
            WhatsApp = new WhatsAppOptions { AppSecrets = [], VerifyToken = new Secret("v") },
            Sip = new SipOptions { Listen = ["udp:127.0.0.1:5060"], Trunks = [] },
            Channels = [],
            Storage = new StorageOptions { Postgres = new Secret("p"), Redis = new Secret("r") },
            Calls = new CallOptions { Ending = TimeSpan.FromSeconds(seconds) },
        };
        return new ConfigurationSnapshot(options, DateTimeOffset.UnixEpoch);
    }
}
