using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CallState = Sandbox.Calls.CallState;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Worker.Tests.Calls.Bench;
using Media.Engine;
using Media.Protocols.Sdp;
using Sandbox;
using Sandbox.Users;
using Testing;

namespace Gateway.Worker.Tests.Calls;

/// <summary>Descriptions that cannot be used, and media that never comes or breaks.</summary>
[Collection(StoresCollection.Name)]
public sealed class MediaFaultTests(Stores stores)
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(400);

    /// <summary>The broken part, and what the record says of it.</summary>
    public static TheoryData<string, string> BrokenDescriptions => new()
    {
        { "no SDP at all", "unreadable" }, { "cut in half", "no_audio" }, { "no fingerprint", "no_dtls" }, { "no audio", "no_audio" },
        { "no codec of ours", "no_common_codec" }, { "no ICE credentials", "no_ice" }, { "no media encryption", "unsupported_transport" },
        { "a zero byte", "no_ice" },
    };

    [Theory]
    [MemberData(nameof(BrokenDescriptions))]
    public async Task A_broken_offer_is_rejected_and_the_next_call_works(string fault, string reason)
    {
        await using var bench = await CallBench.StartAsync(stores);
        bench.Relay.Bend = BreakNext(fault);
        var call = await bench.WhatsApp.PlaceAsync();
        Assert.Equal("whatsapp " + reason, (await bench.EndsAsync(call, HangupCause.IncompatibleMedia)).MediaFault);
        Assert.Equal(["reject 200"], WhatsAppSide.Actions(call));
        await InboundWorksAsync(bench);
    }

    [Theory]
    [MemberData(nameof(BrokenDescriptions))]
    public async Task A_broken_answer_refuses_the_agent_and_the_next_call_works(string fault, string reason)
    {
        await using var bench = await CallBench.StartAsync(stores);
        bench.Relay.Bend = BreakNext(fault);
        var user = bench.WhatsApp.User();
        Assert.Equal(488, (await bench.Pbx.Dial(user.Phone).FailedAsync()).Status);
        var row = await bench.EndsAsync(await bench.WhatsApp.CallToAsync(user, CallState.Ended), HangupCause.IncompatibleMedia);
        Assert.Equal("whatsapp " + reason, row.MediaFault);
        await InboundWorksAsync(bench);
    }

    [Fact]
    public async Task A_PBX_whose_offer_cannot_be_used_is_told_so()
    {
        await using var bench = await CallBench.StartAsync(stores);
        var user = bench.WhatsApp.User();
        var agent = bench.Pbx.Dial(
            user.Phone, sdp: "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 18\r\n");
        Assert.Equal(488, (await agent.FailedAsync()).Status);
        await bench.EndsAsync(user, HangupCause.IncompatibleMedia);
        Assert.Empty(bench.WhatsApp.Calls);
    }

    [Theory]
    [InlineData("c=IN IP6 2001:db8::1\r\nm=audio 4000 RTP/AVP 0\r\n", "IP version", "other_ip_version")]
    [InlineData("c=IN IP4 no-such-host.invalid\r\nm=audio 4000 RTP/AVP 0\r\n", "cannot be resolved", "unresolved_name")]
    [InlineData("m=audio 4000 RTP/AVP 0\r\n", "no address", "no_address")]
    [InlineData("c=IN IP4 127.0.0.1\r\nm=audio 4000 RTP/SAVP 0\r\na=crypto:1 F8_128 inline:x\r\n", "a=crypto", "no_usable_crypto")]
    [InlineData("c=IN IP4 127.0.0.1\r\nm=audio 4000 TCP/RTP/AVP 0\r\n", "transport", "unsupported_transport")]
    [InlineData("c=IN IP4 127.0.0.1\r\nm=audio 4000 UDP/TLS/RTP/SAVPF 0\r\n", "No DTLS fingerprint", "no_dtls")]
    [InlineData("c=IN IP4 127.0.0.1\r\nm=audio 70000 RTP/AVP 0\r\n", "cannot be read", "unreadable")]
    [InlineData("c=IN IP4 127.0.0.1\r\nm=image 4000 udptl t38\r\n", "No audio is offered", "no_audio")]
    [InlineData("c=IN IP4 127.0.0.1\r\nm=audio 4000 RTP/AVP 18\r\n", "No common audio format", "no_common_codec")]
    [InlineData("c=IN IP4 127.0.0.1\r\nm=audio 4000 RTP/AVP 0\r\n", "Encryption is required", "srtp_required", SrtpPolicy.Required)]
    [InlineData("c=IN IP4 127.0.0.1\r\nm=audio 4000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 "
        + "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n",
        "Encryption is turned off", "srtp_forbidden", SrtpPolicy.None)]
    public async Task The_refusal_of_a_PBXs_offer_names_the_true_reason(
        string lines, string reason, string recorded, SrtpPolicy? srtp = null)
    {
        await using var bench = await CallBench.StartAsync(
            stores, options => options with { Sip = options.Sip with { Trunks = [options.Sip.Trunks[0] with { Srtp = srtp }] } });
        var user = bench.WhatsApp.User();
        var failed = await bench.Pbx.Dial(user.Phone, sdp: $"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n{lines}").FailedAsync();
        Assert.Equal(488, failed.Status);
        Assert.Contains(reason, failed.ReasonPhrase, StringComparison.Ordinal);
        Assert.Contains(reason, failed.Reason?.Text, StringComparison.Ordinal);
        Assert.Equal("pbx " + recorded, (await bench.EndsAsync(user, HangupCause.IncompatibleMedia)).MediaFault);
    }

    [Fact]
    public async Task A_PBX_whose_answer_cannot_be_used_ends_the_users_call()
    {
        await using var bench = await CallBench.StartAsync(stores);
        var call = await bench.WhatsApp.PlaceAsync();
        var agent = await bench.Pbx.NextAsync();
        await agent.Sip.AnswerAsync("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 18\r\n");
        await agent.EndedAsync();
        Assert.Equal("pbx no_common_codec", (await bench.EndsAsync(call, HangupCause.IncompatibleMedia)).MediaFault);
    }

    [Fact]
    public async Task An_answered_call_without_any_media_of_the_user_ends_in_time()
    {
        await using var bench = await CallBench.StartAsync(
            stores, options => options with { Calls = options.Calls with { MediaConnect = Short } });
        var call = await bench.WhatsApp.PlaceAsync(); // a handset without media: nothing is at its address
        var agent = await bench.Pbx.NextAsync();
        await agent.AnswerAsync();
        await agent.EndedAsync();
        await bench.EndsAsync(call, HangupCause.MediaFailed);
        Assert.Equal("terminate 200", WhatsAppSide.Actions(call)[^1]);

        var user = bench.WhatsApp.User(AutoMode.Answer);
        var dialled = bench.Pbx.Dial(user.Phone);
        await dialled.AnsweredAsync();
        await dialled.EndedAsync();
        await bench.EndsAsync(await bench.WhatsApp.CallToAsync(user, CallState.Ended), HangupCause.MediaFailed);
    }

    [Fact]
    public async Task Media_that_cannot_connect_while_it_rings_cancels_the_invite()
    {
        await using var bench = await CallBench.StartAsync(stores, options => options with
        {
            Media = options.Media with { WhatsApp = options.Media.WhatsApp with { ConnectTimeout = TimeSpan.FromSeconds(1) } },
        });
        var call = await bench.WhatsApp.PlaceAsync();
        var agent = await bench.Pbx.NextAsync();
        await agent.RingAsync();
        await agent.EndedAsync();
        await bench.EndsAsync(call, HangupCause.MediaFailed);
    }

    [Fact]
    public async Task A_call_whose_media_is_blocked_on_the_way_ends_when_WhatsApp_hears_nothing()
    {
        await using var bench = await CallBench.StartAsync(stores, timers: timers => timers with { FirstMedia = Short });
        bench.Relay.Bend = (label, value) =>
        {
            if (label == "connect")
                value["calls"]![0]!["session"]!["sdp"] = Regex.Replace(
                    (string)value["calls"]![0]!["session"]!["sdp"]!, @"127\.0\.0\.1 \d+ typ", "127.0.0.1 9 typ");
        };
        var call = await bench.WhatsApp.PlaceAsync(bench.WhatsApp.User(handset: "native"));
        var agent = await bench.Pbx.NextAsync();
        await agent.AnswerAsync();
        await bench.LiveAsync(call);
        await agent.EndedAsync();
        Assert.Equal(138021, (await bench.EndsAsync(call, HangupCause.MediaFailed)).MetaCode);
    }

    [Theory]
    [InlineData(ErrorPlace.Value)]
    [InlineData(ErrorPlace.Call)]
    [InlineData(ErrorPlace.Both)]
    public async Task A_failure_that_WhatsApp_reports_ends_the_call_with_its_code_wherever_it_stands(ErrorPlace place)
    {
        await using var bench = await CallBench.StartAsync(stores);
        bench.WhatsApp.Knobs = new Knobs { ErrorsIn = place };
        var call = await bench.WhatsApp.PlaceAsync();
        var agent = await bench.Pbx.NextAsync();
        await agent.AnswerAsync();
        await bench.LiveAsync(call);
        await bench.WhatsApp.FailAsync(call, 138021);
        await agent.EndedAsync();
        Assert.Equal(138021, (await bench.EndsAsync(call, HangupCause.MediaFailed)).MetaCode);
    }

    [Fact]
    public async Task Broken_calls_leave_their_neighbours_alone()
    {
        await using var bench = await CallBench.StartAsync(stores);
        var inbound = await bench.WhatsApp.PlaceAsync(bench.WhatsApp.User(handset: "native"));
        var first = await bench.Pbx.NextAsync();
        await first.AnswerAsync();
        var user = bench.WhatsApp.User(AutoMode.Answer, handset: "native");
        var second = bench.Pbx.Dial(user.Phone);
        await second.AnsweredAsync();
        var outbound = await bench.WhatsApp.CallToAsync(user, CallState.Active);
        await first.HearsAsync(WhatsAppSide.Hertz);
        await second.HearsAsync(WhatsAppSide.Hertz);

        foreach (var fault in BrokenDescriptions)
        {
            bench.Relay.Bend = BreakNext((string)fault[0]);
            await WhatsAppSide.UntilAsync(await bench.WhatsApp.PlaceAsync(), CallState.Ended);
        }
        var refused = await bench.WhatsApp.PlaceAsync();
        await (await bench.Pbx.NextAsync()).RejectAsync(500);
        await WhatsAppSide.UntilAsync(refused, CallState.Ended);
        await bench.Pbx.Dial("nobody").FailedAsync();

        first.Phone.Forget();
        second.Phone.Forget();
        await first.HearsAsync(WhatsAppSide.Hertz);
        await second.HearsAsync(WhatsAppSide.Hertz);
        await WhatsAppSide.HearsAsync(inbound, Pbx.Hertz);
        await WhatsAppSide.HearsAsync(outbound, Pbx.Hertz);
        await first.HangUpAsync();
        await second.HangUpAsync();
        await bench.EndsAsync(inbound, HangupCause.PbxHungUp);
        await bench.EndsAsync(outbound, HangupCause.PbxHungUp);
    }

    private static async Task InboundWorksAsync(CallBench bench)
    {
        var call = await bench.WhatsApp.PlaceAsync();
        var agent = await bench.Pbx.NextAsync();
        await agent.AnswerAsync();
        await bench.LiveAsync(call);
        await agent.HangUpAsync();
        await bench.EndsAsync(call, HangupCause.PbxHungUp);
    }

    /// <summary>Breaks the description of the next connect and lets the rest pass.</summary>
    private static Action<string, JsonNode> BreakNext(string fault)
    {
        var isDone = 0;
        return (label, value) =>
        {
            if (label != "connect" || Interlocked.Exchange(ref isDone, 1) == 1)
                return;
            var session = value["calls"]![0]!["session"]!;
            session["sdp"] = Break((string)session["sdp"]!, fault);
        };
    }

    private static string Break(string sdp, string fault) => fault switch
    {
        "no SDP at all" => "hello",
        "cut in half" => sdp[..(sdp.IndexOf("m=audio", StringComparison.Ordinal) + 4)],
        "no fingerprint" => Without(sdp, "a=fingerprint:"),
        "no audio" => sdp.Replace("m=audio ", "m=video ", StringComparison.Ordinal),
        "no codec of ours" => sdp.Replace("opus/48000/2", "speex/16000", StringComparison.Ordinal),
        "no ICE credentials" => Without(Without(sdp, "a=ice-ufrag:"), "a=ice-pwd:"),
        "no media encryption" => sdp.Replace("UDP/TLS/RTP/SAVPF", "RTP/AVP", StringComparison.Ordinal),
        "a zero byte" =>
            sdp.Replace("a=mid:", "a=mid:\0", StringComparison.Ordinal).Replace("a=ice-pwd:", "a=ice-pwd:\0", StringComparison.Ordinal),
        _ => throw new ArgumentException(fault, nameof(fault)),
    };

    private static string Without(string sdp, string line) =>
        Regex.Replace(sdp, "^" + Regex.Escape(line) + ".*\r\n", "", RegexOptions.Multiline);
}
