using Gateway.Calls.Dialling;
using Gateway.Worker.Calls;
using Gateway.Worker.Configuration;

namespace Gateway.Worker.Tests;

/// <summary>`route-test` shows the number that a trunk's dial rules call.</summary>
public sealed class RouteTestTests
{
    [Theory]
    [InlineData("9015511234567", "+4915511234567")]
    [InlineData("90049 155 11234567", "+4915511234567")]
    [InlineData("sip:015511234567@pbx.example.com;user=phone", "+4915511234567")]
    [InlineData("sip:5552230001;phone-context=+1@pbx.example.com", "+15552230001")]
    [InlineData("tel:5552230001;phone-context=+1", "+15552230001")]
    [InlineData("sip:5552230001@pbx.example.com;phone-context=%2B1", "+15552230001")]
    [InlineData("US.13491208655302741918", "US.13491208655302741918")]
    public void It_shows_who_is_called(string dialled, string called)
    {
        var (code, text) = Run("main", dialled);
        Assert.Equal(0, code);
        Assert.Contains($"Calls {called} from channel 100", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("main", "201")]
    [InlineData("main", "*97")]
    [InlineData("main", "sip:@pbx")]
    [InlineData("plain", "015511234567")]
    [InlineData("nobody", "+4915511234567")]
    public void It_says_why_nobody_is(string trunk, string dialled)
    {
        var (code, text) = Run(trunk, dialled);
        Assert.Equal(1, code);
        Assert.DoesNotContain("Calls", text, StringComparison.Ordinal);
    }

    private static (int Code, string Text) Run(string trunk, string dialled)
    {
        using var output = new StringWriter();
        return (RouteTest.Run(Options(), trunk, dialled, output), output.ToString());
    }

    private static GatewayOptions Options() => new()
    {
        WhatsApp = new WhatsAppOptions { AppSecrets = [], VerifyToken = new Secret("v") },
        Sip = new SipOptions
        {
            Listen = [],
            Trunks =
            [
                new TrunkConfiguration
                {
                    Name = "main",
                    Server = "pbx",
                    DialRules = new DialRules { CountryCode = "49", NationalPrefix = "0", InternationalPrefixes = ["00"], Strip = "9" },
                },
                new TrunkConfiguration { Name = "plain", Server = "pbx" },
            ],
        },
        Channels = [new ChannelOptions { PhoneNumberId = "100", Number = "4930123456", AccessToken = new Secret("t"), Trunks = ["main"] }],
        Storage = new StorageOptions { Postgres = new Secret(""), Redis = new Secret("") },
    };
}
