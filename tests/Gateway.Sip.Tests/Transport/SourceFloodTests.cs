using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Endpoint;
using Gateway.Sip.Tests.Endpoint;
using Gateway.Sip.Transactions;
using Gateway.Sip.Transport;

namespace Gateway.Sip.Tests.Transport;

/// <summary>One address sends far more than a peer has to say: its calls, and all others, are served as before.</summary>
[Collection(FloodCollection.Name)]
public partial class SourceFloodTests
{
    private const int Flood = 2000;
    private const int Rate = 20;

    [Theory]
    [InlineData(SipTransport.Udp, "OPTIONS")]
    [InlineData(SipTransport.Tcp, "OPTIONS")]
    [InlineData(SipTransport.Udp, "REGISTER")]
    [InlineData(SipTransport.Tcp, "MESSAGE")]
    public async Task The_surplus_of_new_requests_is_dropped_and_the_bye_of_a_live_call_is_answered(SipTransport transport, string method)
    {
        var trunk = EndpointBench.Trunk(9, transport) with { MaxRequestRate = Rate };
        await using var gateway = await EndpointBench.StartAsync(transport, trunks: trunk);
        await using var pbx = await SipSource.OpenAsync(gateway);
        var (call, tag) = await CallAsync(gateway, pbx);
        var watch = Stopwatch.StartNew();
        await pbx.FloodAsync(method, Flood);
        Assert.StartsWith("SIP/2.0 200", await pbx.AskAsync(pbx.Request("BYE", "live", 2, tag), "BYE"));
        Assert.Equal(SipCallEnd.Remote, (await EndpointBench.NextAsync<SipCallEvent.Ended>(call)).By);
        Assert.InRange(pbx.Answers(method).Count, Rate, Allowed(Rate, watch));
        await Task.Delay(TimeSpan.FromSeconds(0.2)); // four tokens
        Assert.StartsWith("SIP/2.0 200", await pbx.AskAsync(pbx.Request("OPTIONS", "afterwards", 1), "OPTIONS"));
    }

    /// <summary>A stream keeps its order, so that what belongs to calls stands behind the flood.</summary>
    [Fact]
    public async Task The_bye_behind_twenty_thousand_requests_on_a_stream_is_answered_soon()
    {
        var trunk = EndpointBench.Trunk(9, SipTransport.Tcp) with { MaxRequestRate = Rate };
        await using var gateway = await EndpointBench.StartAsync(SipTransport.Tcp, trunks: trunk);
        await using var pbx = await SipSource.OpenAsync(gateway);
        var (call, tag) = await CallAsync(gateway, pbx);
        var flood = string.Concat(Enumerable.Range(0, 20_000).Select(i => pbx.Request("OPTIONS", $"flood{i}", 1)));
        var watch = Stopwatch.StartNew();
        await pbx.SendAsync(flood);
        await pbx.SendAsync(pbx.Request("BYE", "live", 2, tag));
        Assert.Equal(SipCallEnd.Remote, (await EndpointBench.NextAsync<SipCallEvent.Ended>(call)).By);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"{flood.Length} bytes were read in {watch.Elapsed}");
        Assert.InRange(pbx.Answers("OPTIONS").Count, Rate, Allowed(Rate, watch));
    }

    [Fact]
    public async Task What_is_dropped_is_counted_by_what_it_was_and_by_whose_it_was()
    {
        await using var gateway = await EndpointBench.StartAsync(trunks: EndpointBench.Trunk(9) with { MaxRequestRate = Rate });
        await using var pbx = await SipSource.OpenAsync(gateway);
        await using var other = await SipSource.OpenAsync(gateway, "127.0.1.1");
        var seen = new Dictionary<string, long>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == "gateway_sip_limited_messages")
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            var key = string.Join(' ', tags.ToArray().Select(tag => tag.Value));
            lock (seen)
                seen[key] = seen.GetValueOrDefault(key) + value;
        });
        listener.Start();
        await pbx.FloodAsync("OPTIONS", 500);
        await other.FloodAsync("OPTIONS", 500);
        await pbx.AskAsync(pbx.Request("BYE", "none", 2, "gone"), "BYE");
        lock (seen)
        {
            Assert.InRange(seen["new trunk"], 300, 500 - Rate);
            Assert.InRange(seen["new unexpected"], 300, 500);
        }
    }

    [Fact]
    public async Task Messages_that_only_claim_to_belong_to_calls_have_a_limit_too()
    {
        await using var gateway = await EndpointBench.StartAsync(trunks: EndpointBench.Trunk(9) with { MaxRequestRate = Rate });
        await using var pbx = await SipSource.OpenAsync(gateway);
        var watch = Stopwatch.StartNew();
        await pbx.FloodAsync("BYE", Flood);
        await pbx.AskAsync(pbx.Request("OPTIONS", "afterwards", 1), "OPTIONS");
        Assert.InRange(pbx.Answers("BYE").Count, Rate * 10, Allowed(Rate * 10, watch));
    }

    [Fact]
    public async Task A_source_of_no_trunk_gets_few_answers_and_the_trunk_all_of_its_own()
    {
        await using var gateway = await EndpointBench.StartAsync(trunks: EndpointBench.Trunk(9));
        await using var pbx = await SipSource.OpenAsync(gateway);
        await using var other = await SipSource.OpenAsync(gateway, "127.0.1.1");
        var watch = Stopwatch.StartNew();
        await other.FloodAsync("OPTIONS", Flood);
        await pbx.AskAsync(pbx.Request("OPTIONS", "before", 1), "OPTIONS"); // the flood has been read: the socket's buffer has room again
        await pbx.FloodAsync("OPTIONS", 100);
        Assert.StartsWith("SIP/2.0 200", await pbx.AskAsync(pbx.Request("OPTIONS", "afterwards", 1), "OPTIONS"));
        Assert.True(pbx.Answers("OPTIONS").Count > 100);
        Assert.InRange(other.Answers("OPTIONS").Count, 10, Allowed(10, watch));
        Assert.All(other.Answers("OPTIONS"), answer => Assert.StartsWith("SIP/2.0 403", answer));
    }

    [Fact]
    public async Task Many_sources_of_no_trunk_together_have_a_limit()
    {
        var limits = new SipTransportLimits { MaxUnexpectedRateInAll = Rate };
        await using var gateway = await EndpointBench.StartAsync(limits: limits, trunks: EndpointBench.Trunk(9));
        List<SipSource> sources = [];
        try
        {
            var watch = Stopwatch.StartNew();
            for (var i = 1; i <= 60; i++)
            {
                sources.Add(await SipSource.OpenAsync(gateway, $"127.0.1.{i}"));
                await sources[^1].FloodAsync("OPTIONS", 10);
            }
            await using var pbx = await SipSource.OpenAsync(gateway);
            await pbx.AskAsync(pbx.Request("OPTIONS", "trunk", 1), "OPTIONS");
            Assert.InRange(sources.Sum(source => source.Answers("OPTIONS").Count), Rate, Allowed(Rate, watch));
        }
        finally
        {
            foreach (var source in sources)
                await source.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_stream_of_line_ends_is_answered_a_few_times_and_its_connection_still_serves()
    {
        await using var gateway = await EndpointBench.StartAsync(SipTransport.Tcp, trunks: EndpointBench.Trunk(9, SipTransport.Tcp));
        await using var pbx = await SipSource.OpenAsync(gateway);
        var (call, tag) = await CallAsync(gateway, pbx);
        var before = pbx.Received.Length;
        var watch = Stopwatch.StartNew();
        await pbx.SendAsync(string.Concat(Enumerable.Repeat("\r\n\r\n", 131_072 / 4)));
        Assert.StartsWith("SIP/2.0 200", await pbx.AskAsync(pbx.Request("BYE", "live", 2, tag), "BYE"));
        Assert.Equal(SipCallEnd.Remote, (await EndpointBench.NextAsync<SipCallEvent.Ended>(call)).By);
        var pings = LineEnds().Count(pbx.Received[before..].Split("SIP/2.0")[0]);
        Assert.InRange(pings, 10, 50 + (int)(watch.Elapsed.TotalSeconds * 5) + 1);
        Assert.True(watch.Elapsed > TimeSpan.FromSeconds(0.3), $"131,072 bytes of line ends were read in {watch.Elapsed}");
    }

    /// <summary>A bucket's beginning, what came back meanwhile, and one for the moment between.</summary>
    private static int Allowed(int rate, Stopwatch watch) => rate * 2 + (int)(watch.Elapsed.TotalSeconds * rate) + 1;

    private static async Task<(SipCall Call, string Tag)> CallAsync(SipEndpoint gateway, SipSource pbx)
    {
        await pbx.SendAsync(pbx.Request("INVITE", "live", 1, body: EndpointBench.Offer));
        var call = await EndpointBench.IncomingAsync(gateway);
        await call.AnswerAsync(EndpointBench.Answer);
        var answer = await pbx.AskAsync(pbx.Request("INVITE", "live", 1, body: EndpointBench.Offer), "INVITE");
        var tag = ToTag().Match(answer).Groups[1].Value;
        await pbx.SendAsync(pbx.Request("ACK", "live", 1, tag));
        await EndpointBench.NextAsync<SipCallEvent.Acknowledged>(call);
        return (call, tag);
    }

    [GeneratedRegex(@"To: [^\r]*;tag=([^;\r]+)")]
    private static partial Regex ToTag();

    [GeneratedRegex("\r\n")]
    private static partial Regex LineEnds();
}
