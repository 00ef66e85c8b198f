using Gateway.Sip.Auth;
using Gateway.Sip.Messages;
using Gateway.Sip.Subscriptions;
using Gateway.Sip.Tests.Dialogs;
using static Gateway.Sip.Subscriptions.ExtensionState;
using static Gateway.Sip.Tests.Subscriptions.WatchBench;

namespace Gateway.Sip.Tests.Subscriptions;

public class SubscriptionTests
{
    private readonly WatchBench _bench = new();

    [Fact]
    public void Follows_an_extension_from_idle_over_ringing_to_busy_and_back()
    {
        _bench.Watch();
        var subscribe = _bench.LastSubscribe;
        Assert.Equal("sip:101@10.0.0.2", subscribe.Uri.ToString());
        Assert.Equal("dialog", subscribe.Headers["Event"]);
        Assert.Equal("application/dialog-info+xml", subscribe.Headers["Accept"]);
        Assert.Equal("300", subscribe.Headers["Expires"]);
        _bench.Accept();

        Assert.Equal(200, _bench.Notify(Full(0)));
        Assert.Equal(200, _bench.Notify(Full(1, Dialog("a", "early", "recipient"))));
        Assert.Equal(200, _bench.Notify(Full(2, Dialog("a", "confirmed"))));
        Assert.Equal(200, _bench.Notify(Full(3, Dialog("a", "terminated"))));
        Assert.Equal([Idle, Ringing, Busy, Idle], _bench.States);
    }

    [Fact]
    public void An_agent_who_dials_is_busy_and_one_who_talks_stays_busy_while_another_call_rings()
    {
        _bench.Watch();
        _bench.Accept();
        _bench.Notify(Full(0, Dialog("a", "trying", "initiator")));
        _bench.Notify(Full(1, Dialog("a", "confirmed"), Dialog("b", "early", "recipient")));
        _bench.Notify(Full(2, Dialog("b", "early", "recipient")));
        Assert.Equal([Busy, Ringing], _bench.States);
    }

    [Fact]
    public void Takes_a_notify_that_overtakes_the_2xx()
    {
        _bench.Watch();
        Assert.Equal(200, _bench.Notify(Full(0)));
        Assert.Equal([Idle], _bench.States);
        _bench.Accept();
        Assert.InRange(_bench.SecondsToNext(300), 235, 245);
        var refresh = _bench.LastSubscribe;
        Assert.Equal("pbx", refresh.ToTag);
        Assert.Equal(2u, refresh.CSeq.Number);
        Assert.Equal("sip:101@10.0.0.2:5060", refresh.Uri.ToString());
    }

    [Fact]
    public void Refreshes_inside_the_dialog_before_it_runs_out()
    {
        _bench.Watch();
        _bench.Accept(expires: 60);
        _bench.Notify(Full(0), "active;expires=60");
        Assert.InRange(_bench.SecondsToNext(60), 28, 31);
        Assert.Equal("pbx", _bench.LastSubscribe.ToTag);
        _bench.Accept(expires: 60);
        _bench.Notify(Full(1));
        _bench.Run(20);
        Assert.Equal([Idle], _bench.States);
    }

    [Fact]
    public void A_shorter_life_that_a_notify_names_counts()
    {
        _bench.Watch();
        _bench.Accept(expires: 300);
        _bench.Notify(Full(0), "active;expires=20");
        Assert.InRange(_bench.SecondsToNext(60), 9, 11);
    }

    [Fact]
    public void Answers_the_challenge_with_the_credentials_of_the_trunk()
    {
        var bench = new WatchBench(new SipCredentials("gw", "secret"));
        bench.Watch();
        bench.Respond(401, ("WWW-Authenticate", "Digest realm=\"pbx\", nonce=\"abc\", algorithm=MD5, qop=\"auth\""));
        Assert.Equal(2, bench.Subscribes);
        Assert.True(DigestCredentials.TryParse(bench.LastSubscribe.Headers["Authorization"]!, out var proof));
        Assert.Equal("gw", proof.User);
        Assert.Equal(2u, bench.LastSubscribe.CSeq.Number);
        Assert.Equal("gw", bench.LastSubscribe.From.Uri.User);
        bench.Respond(401, ("WWW-Authenticate", "Digest realm=\"pbx\", nonce=\"abd\", algorithm=MD5, qop=\"auth\""));
        Assert.Equal(2, bench.Subscribes); // the password is wrong: not again at once
        Assert.InRange(bench.SecondsToNext(30), 4.8, 6.6);
    }

    [Fact]
    public void Asks_for_as_long_as_the_PBX_wants_after_423()
    {
        _bench.Watch();
        _bench.Respond(423, ("Min-Expires", "600"));
        Assert.Equal("600", _bench.LastSubscribe.Headers["Expires"]);
        Assert.Equal(2, _bench.Subscribes);
    }

    [Theory]
    [InlineData(481, 4.8, 6.5)]
    [InlineData(408, 4.8, 6.5)]
    [InlineData(489, 299, 380)]
    [InlineData(404, 299, 380)]
    public void A_refused_subscription_is_tried_again_later_as_a_new_one(int status, double least, double most)
    {
        _bench.Watch();
        var first = _bench.LastSubscribe.FromTag;
        _bench.Respond(status);
        Assert.InRange(_bench.SecondsToNext(400), least, most);
        Assert.NotEqual(first, _bench.LastSubscribe.FromTag);
        Assert.Equal("", _bench.LastSubscribe.ToTag);
    }

    [Fact]
    public void Retry_after_counts_more_than_the_back_off()
    {
        _bench.Watch();
        _bench.Respond(480, ("Retry-After", "90"));
        Assert.InRange(_bench.SecondsToNext(200), 89, 113);
    }

    [Fact]
    public void A_refresh_refused_with_481_makes_the_state_unknown_until_a_new_subscription_says_it()
    {
        _bench.Watch();
        _bench.Accept(expires: 60);
        _bench.Notify(Full(7, Dialog("a", "confirmed")));
        _bench.SecondsToNext(60);
        _bench.Respond(481);
        Assert.Equal([Busy, Unknown], _bench.States);
        _bench.SecondsToNext(10);
        _bench.Accept();
        _bench.Notify(Full(0), sequence: 1); // both ends count from anew
        Assert.Equal([Busy, Unknown, Idle], _bench.States);
    }

    [Fact]
    public void A_refresh_answered_5xx_is_repeated_inside_the_dialog_and_the_state_stays()
    {
        _bench.Watch();
        _bench.Accept(expires: 60);
        _bench.Notify(Full(0, Dialog("a", "confirmed")));
        _bench.SecondsToNext(60);
        _bench.Respond(503, ("Retry-After", "8"));
        Assert.InRange(_bench.SecondsToNext(20), 7.5, 10.5);
        Assert.Equal("pbx", _bench.LastSubscribe.ToTag);
        Assert.Equal([Busy], _bench.States);
    }

    [Fact]
    public void Back_off_doubles_while_the_PBX_is_silent()
    {
        _bench.Watch();
        _bench.Run(4);
        var pauses = new List<double>();
        for (var i = 0; i < 4; i++)
        {
            // Within one try, timer E repeats the request: a try is what has a new tag.
            var tag = _bench.LastSubscribe.FromTag;
            var from = _bench.Wire.Now;
            while (_bench.LastSubscribe.FromTag == tag)
                _bench.Run(0.25);
            pauses.Add((_bench.Wire.Now - from).TotalSeconds);
        }
        Assert.True(pauses.Zip(pauses.Skip(1)).All(pair => pair.Second > pair.First * 1.3), string.Join(' ', pauses));
    }

    [Theory]
    [InlineData("terminated;reason=deactivated", 0.9, 1.6)]
    [InlineData("terminated;reason=timeout", 0.9, 1.6)]
    [InlineData("terminated;reason=probation;retry-after=30", 29, 38)]
    [InlineData("terminated;reason=giveup", 4.8, 6.6)]
    [InlineData("terminated;reason=rejected", 299, 380)]
    [InlineData("terminated;reason=noresource", 299, 380)]
    [InlineData("terminated", 4.8, 6.6)]
    public void A_subscription_that_the_PBX_ends_is_followed_by_another_when_its_reason_lets_it(string state, double least, double most)
    {
        _bench.Watch();
        _bench.Accept();
        _bench.Notify(Full(0));
        Assert.Equal(200, _bench.Notify(null, state));
        Assert.Equal([Idle, Unknown], _bench.States);
        Assert.InRange(_bench.SecondsToNext(400), least, most);
        Assert.Equal("", _bench.LastSubscribe.ToTag);
    }

    [Fact]
    public void A_PBX_that_deactivates_over_and_over_is_asked_less_and_less()
    {
        _bench.Watch();
        for (var i = 0; i < 8; i++)
        {
            _bench.Accept();
            _bench.Notify(null, "terminated;reason=deactivated", sequence: 1);
            _bench.SecondsToNext(400);
        }
        _bench.Accept();
        _bench.Notify(null, "terminated;reason=deactivated", sequence: 1);
        Assert.InRange(_bench.SecondsToNext(400), 299, 380);
    }

    [Fact]
    public void A_subscription_without_a_notify_has_failed()
    {
        _bench.Watch();
        _bench.Accept();
        Assert.InRange(_bench.SecondsToNext(60), 32 + 4.8, 32 + 6.6);
        Assert.Equal("", _bench.LastSubscribe.ToTag);
    }

    [Fact]
    public void A_notify_of_no_subscription_is_answered_481()
    {
        _bench.Watch();
        _bench.Accept();
        _bench.Notify(Full(0));
        Assert.Equal(481, _bench.Notify(Full(1, Dialog("a", "confirmed")), callId: "somebody-elses"));
        Assert.Equal(481, _bench.Notify(Full(1, Dialog("a", "confirmed")), toTag: "wrong"));
        Assert.Equal(481, _bench.Notify(Full(1, Dialog("a", "confirmed")), tag: "a-fork"));
        Assert.Equal([Idle], _bench.States);
    }

    [Fact]
    public void A_notify_of_another_package_is_refused_as_ever()
    {
        _bench.Watch();
        _bench.Accept();
        Assert.Equal(405, _bench.Notify(Full(0), @event: "presence"));
        Assert.Empty(_bench.States);
    }

    [Fact]
    public void A_notify_from_an_address_of_no_trunk_changes_nothing()
    {
        _bench.Watch();
        _bench.Accept();
        _bench.Notify(Full(0));
        var other = _bench.Wire.AddPeer("10.0.0.66:5060");
        other.Request(_bench.Gateway.Address, "NOTIFY", _bench.LastSubscribe.CallId, 900, "pbx", _bench.LastSubscribe.FromTag, null, null,
            ("Event", "dialog"), ("Subscription-State", "terminated"));
        _bench.Run();
        Assert.Equal(403, other.LastResponse.StatusCode);
        Assert.Equal([Idle], _bench.States);
    }

    [Fact]
    public void A_notify_out_of_order_is_refused_and_one_sent_again_answered_as_before()
    {
        _bench.Watch();
        _bench.Accept();
        _bench.Notify(Full(0), sequence: 10);
        _bench.Notify(Full(1, Dialog("a", "confirmed")), sequence: 12);
        Assert.Equal(500, _bench.Notify(Full(0), sequence: 11));
        Assert.Equal(200, _bench.Notify(Full(1, Dialog("a", "confirmed")), sequence: 12));
        Assert.Equal([Idle, Busy], _bench.States);
    }

    [Fact]
    public void Partial_documents_change_what_they_name()
    {
        _bench.Watch();
        _bench.Accept();
        _bench.Notify(Full(4, Dialog("a", "early", "recipient")));
        _bench.Notify(Partial(5, Dialog("b", "confirmed")));
        _bench.Notify(Partial(6, Dialog("b", "terminated")));
        _bench.Notify(Partial(7, Dialog("a", "terminated")));
        Assert.Equal([Ringing, Busy, Ringing, Idle], _bench.States);
        Assert.Equal(1, _bench.Subscribes);
    }

    [Fact]
    public void A_gap_between_documents_asks_for_the_full_state()
    {
        _bench.Watch();
        _bench.Accept();
        _bench.Notify(Full(4, Dialog("a", "early", "recipient")));
        Assert.Equal(200, _bench.Notify(Partial(6, Dialog("a", "terminated"))));
        Assert.InRange(_bench.SecondsToNext(10), 4, 5.1);
        Assert.Equal("pbx", _bench.LastSubscribe.ToTag);
        _bench.Accept();
        _bench.Notify(Full(7));
        Assert.Equal([Ringing, Idle], _bench.States);
    }

    [Fact]
    public void A_document_that_cannot_be_read_ends_the_subscription()
    {
        _bench.Watch();
        _bench.Accept();
        _bench.Notify(Full(0));
        Assert.Equal(400, _bench.Notify("<dialog-info version='1' state='full'><dialog id='a'><state>gone"));
        Assert.Equal([Idle, Unknown], _bench.States);
    }

    [Fact]
    public void A_body_of_another_type_is_refused_with_what_is_taken()
    {
        _bench.Watch();
        _bench.Accept();
        Assert.Equal(415, _bench.Notify("<presence/>", contentType: "application/pidf+xml"));
        Assert.Equal(DialogInfoReader.ContentType, _bench.Peer.LastResponse.Headers["Accept"]);
    }

    [Fact]
    public void A_pending_subscription_says_nothing_of_the_extension()
    {
        _bench.Watch();
        _bench.Accept();
        _bench.Notify(Full(0), "pending;expires=300");
        Assert.Empty(_bench.States);
        _bench.Notify(Full(1));
        Assert.Equal([Idle], _bench.States);
    }
}
