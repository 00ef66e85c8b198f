using Gateway.Sip.Dialogs;
using Gateway.Sip.Endpoint;
using Gateway.Sip.Messages;
using Gateway.Sip.Subscriptions;
using Interop.Bench;
using Testing.Peers;

namespace Interop;

/// <summary>
/// What the gateway knows of agents and says to them outside its calls; and the dial plan that keeps its calls off the telephone network.
/// </summary>
public sealed class PresenceCalls(PresenceBench bench) : IClassFixture<PresenceBench>, IAsyncLifetime
{
    private const string Offer =
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n";

    /// <summary>Ends the calls that a failed test has left.</summary>
    public async Task InitializeAsync()
    {
        await bench.Asterisk.ConsoleAsync("channel request hangup all");
        await Eventually.SeeAsync(
            async () => (await bench.Asterisk.ChannelsAsync()).All(IsOfTexts), "no channel in Asterisk but that of its texts");

        // Asterisk has one for all texts, from the first one on.
        static bool IsOfTexts(string channel) => channel.StartsWith("Message/", StringComparison.Ordinal);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task An_extension_is_followed_through_a_call_that_the_gateway_does_not_carry()
    {
        await using var ann = await bench.AnnAsync(answers: false);
        using var watch = bench.Gateway.Watch(PresenceBench.Trunk, PresenceBench.AnnsNumber);
        await IsAsync(watch, ExtensionState.Idle);
        await bench.Asterisk.OriginateAsync("PJSIP/ann", "tone", "presence");
        await IsAsync(watch, ExtensionState.Ringing);
        await CommandAsync(ann, "accept");
        await IsAsync(watch, ExtensionState.Busy);
        await CommandAsync(ann, "hangup");
        await IsAsync(watch, ExtensionState.Idle);
    }

    [Fact]
    public async Task An_extension_without_a_hint_stays_unknown()
    {
        using var watch = bench.Gateway.Watch(PresenceBench.Trunk, "999");
        using var known = bench.Gateway.Watch(PresenceBench.Trunk, PresenceBench.AnnsNumber);
        await IsAsync(known, ExtensionState.Idle);
        Assert.Equal(ExtensionState.Unknown, watch.State);
    }

    [Fact]
    public async Task A_watch_that_is_disposed_leaves_no_subscription_at_Asterisk()
    {
        using (var watch = bench.Gateway.Watch(PresenceBench.Trunk, PresenceBench.AnnsNumber))
        {
            await IsAsync(watch, ExtensionState.Idle);
            Assert.Contains(PresenceBench.AnnsNumber, await SubscriptionsAsync(), StringComparison.Ordinal);
        }
        await Eventually.SeeAsync(
            async () => !(await SubscriptionsAsync()).Contains(PresenceBench.AnnsNumber, StringComparison.Ordinal), "no subscription");
    }

    [Fact]
    public async Task A_text_is_taken_by_Asterisk_and_reaches_the_agents_phone()
    {
        await using var ann = await bench.AnnAsync(answers: false);
        const string text = "A call waits in Sales";
        await bench.Asterisk.ConsoleAsync("pjsip set logger on");
        Assert.Equal(202, await bench.Gateway.SendMessageAsync(PresenceBench.Trunk, PresenceBench.AnnsNumber, text));
        var taken = await bench.Asterisk.Manager.WaitForAsync(e => e["UserEvent"] == "Text", Eventually.Timeout);
        Assert.Equal((PresenceBench.AnnsNumber, text), (taken["To"], taken["Words"]));
        await Eventually.SeeAsync(() => Answers("MESSAGE", "200 OK") > 0, "the phone has taken the text");
        await bench.Asterisk.ConsoleAsync("pjsip set logger off");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_dial_plans_guard_stops_a_WhatsApp_call_on_its_way_to_the_telephone_network_and_no_other(bool isWhatsApp)
    {
        var call = Invite("004930123456", isWhatsApp);
        if (isWhatsApp)
        {
            var failed = await NextAsync<SipCallEvent.Failed>(call);
            Assert.Equal((403, 21), (failed.Status, failed.Reason?.Cause));
            return;
        }
        Assert.Equal(180, (await NextAsync<SipCallEvent.Provisional>(call)).Status);
        await call.HangUpAsync();
        await NextAsync<SipCallEvent.Failed>(call);
    }

    [Fact]
    public async Task An_agent_in_a_WhatsApp_call_cannot_ring_the_telephone_network_beside_it()
    {
        await using var ann = await bench.AnnAsync(answers: true);
        var call = Invite(PresenceBench.AnnsNumber, isWhatsApp: true);
        await NextAsync<SipCallEvent.Answered>(call);
        using var timeout = new CancellationTokenSource(Eventually.Timeout);
        await ann.WaitForAsync("CALL_ESTABLISHED", timeout.Token);
        await CommandAsync(ann, "dial", "004930123456");
        var refused = await ann.WaitForAsync("CALL_CLOSED", timeout.Token);
        Assert.Contains("403", refused.GetProperty("param").GetString(), StringComparison.Ordinal);

        await call.HangUpAsync();
        await ann.WaitForAsync("CALL_CLOSED", timeout.Token);
        await CommandAsync(ann, "dial", "004930123456");
        await ann.WaitForAsync("CALL_RINGING", timeout.Token);
        await CommandAsync(ann, "hangup");
        await ann.WaitForAsync("CALL_CLOSED", timeout.Token);
    }

    /// <summary>Responses to requests of this method that Asterisk has received.</summary>
    private int Answers(string method, string status) => bench.Asterisk.Trace().Split("<--- ").Count(
        message => message.StartsWith("Received SIP response", StringComparison.Ordinal)
            && message.Contains($"\nSIP/2.0 {status}\n", StringComparison.Ordinal)
            && message.Contains($" {method}\n", StringComparison.Ordinal));

    private Task<string> SubscriptionsAsync() => bench.Asterisk.ConsoleAsync("pjsip show subscriptions inbound");

    private SipCall Invite(string target, bool isWhatsApp) => bench.Gateway.Invite(new SipInviteRequest
    {
        Trunk = PresenceBench.Trunk,
        TargetUser = target,
        Caller = new SipParty("+15551230001"),
        Sdp = Offer,
        Headers = isWhatsApp ? [("X-WhatsApp-Direction", "inbound")] : [],
    });

    private static Task IsAsync(ExtensionWatch watch, ExtensionState state) =>
        Eventually.SeeAsync(() => watch.State == state, $"{watch.Extension} is {state}");

    /// <summary>The next event of this kind; others are skipped.</summary>
    private static async Task<T> NextAsync<T>(SipCall call) where T : SipCallEvent
    {
        using var timeout = new CancellationTokenSource(Eventually.Timeout);
        await foreach (var happened in call.Events.ReadAllAsync(timeout.Token))
        {
            if (happened is T wanted)
                return wanted;
        }
        throw new InvalidOperationException($"The call ended without {typeof(T).Name}.");
    }

    private static async Task CommandAsync(Baresip phone, string command, string parameter = "")
    {
        using var timeout = new CancellationTokenSource(Eventually.Timeout);
        await phone.CommandAsync(command, parameter, timeout.Token);
    }
}
