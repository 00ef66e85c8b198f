using System.Text;
using Gateway.Calls;
using Gateway.WhatsApp.Webhooks;
using Testing;
using static Gateway.WhatsApp.Webhooks.WebhookEvent;

namespace Gateway.WhatsApp.Tests;

public class WebhookReaderTests
{
    private const string Phone = "15550001111";
    private const string UserId = "US.70010020030040050060";

    public static TheoryData<string> Samples => new(WebhookSamples.Names);

    [Fact]
    public void Reads_an_inbound_call_with_everything_Meta_tells_about_it()
    {
        var call = WebhookSamples.Single<CallConnect>("inbound-connect");
        Assert.Equal(CallDirection.Inbound, call.Direction);
        Assert.Equal(SdpType.Offer, call.SdpType);
        Assert.StartsWith("wacid.", call.CallId, StringComparison.Ordinal);
        Assert.Contains("a=ice-pwd:Zk9qT+v2uX5wYb8cD1eFgA==\r\n", call.Sdp, StringComparison.Ordinal);
        Assert.Equal(new WhatsAppUser(Phone, UserId, "US.ENT.900800700600", "Ada Example", "ada.x"), call.User);
        Assert.Equal(new BusinessNumber("100200300400", "15550009000"), call.Number);
        Assert.Equal("15550009000", call.BusinessPhone);
        Assert.Equal("button-1", call.CtaPayload);
        Assert.Equal("link-1", call.DeeplinkPayload);
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1790000001), call.Timestamp);
    }

    [Fact]
    public void Reads_a_caller_who_hides_the_phone_number()
    {
        var call = WebhookSamples.Single<CallConnect>("inbound-connect-bsuid-only");
        Assert.Null(call.User.Phone);
        Assert.Equal(UserId, call.User.UserId);
        Assert.Equal("Ada Example", call.User.Name);
    }

    [Fact]
    public void Reads_a_call_without_contacts() =>
        Assert.Equal(new WhatsAppUser(Phone), WebhookSamples.Single<CallConnect>("inbound-connect-without-contacts").User);

    [Theory]
    [InlineData("outbound-connect")]
    [InlineData("outbound-connect-legacy-only")]
    [InlineData("outbound-connect-swapped-numbers")]
    public void Finds_the_user_and_the_answer_of_our_own_call_however_it_is_spelled(string sample)
    {
        var call = WebhookSamples.Single<CallConnect>(sample);
        Assert.Equal(CallDirection.Outbound, call.Direction);
        Assert.Equal(SdpType.Answer, call.SdpType);
        Assert.Equal(Phone, call.User.Phone);
        Assert.Equal(UserId, call.User.UserId);
        Assert.Equal("15550009000", call.BusinessPhone);
        Assert.Equal("order-77", call.OpaqueData);
    }

    [Theory]
    [InlineData("outbound-ringing", RemoteCallState.Ringing)]
    [InlineData("outbound-accepted-lower-case", RemoteCallState.Accepted)]
    [InlineData("outbound-rejected", RemoteCallState.Rejected)]
    public void Reads_call_states_in_any_letter_case(string sample, RemoteCallState state)
    {
        var status = WebhookSamples.Single<CallStatus>(sample);
        Assert.Equal(state, status.State);
        Assert.Equal(Phone, status.User.Phone);
        Assert.NotNull(status.Timestamp);
    }

    [Fact]
    public void Reads_the_end_of_an_answered_call_with_its_times()
    {
        var end = WebhookSamples.Single<CallTerminate>("inbound-terminate-picked-up");
        Assert.Equal(TerminateOutcome.Completed, end.Outcome);
        Assert.Equal(TimeSpan.FromSeconds(80), end.Duration);
        Assert.Equal(TimeSpan.FromSeconds(80), end.EndedAt - end.StartedAt);
        Assert.Equal("order-78", end.OpaqueData);
        Assert.Empty(end.Errors);
    }

    [Fact]
    public void An_unanswered_call_ends_without_times()
    {
        var end = WebhookSamples.Single<CallTerminate>("inbound-terminate-not-picked-up");
        Assert.Null(end.Duration);
        Assert.Null(end.StartedAt);
    }

    [Theory]
    [InlineData("inbound-terminate-failed-errors-in-both")]
    [InlineData("inbound-terminate-failed-errors-in-value")]
    public void Lists_an_error_once_wherever_Meta_put_it(string sample)
    {
        var end = WebhookSamples.Single<CallTerminate>(sample);
        Assert.Equal(TerminateOutcome.Failed, end.Outcome);
        var error = Assert.Single(end.Errors);
        Assert.Equal(WhatsAppErrorCodes.MediaReceiveTimeout, error.Code);
        Assert.Equal("Media was not received in time", error.Message);
        Assert.NotNull(error.Details);
    }

    [Theory]
    [InlineData("permission-accept-temporary", true, false, true, PermissionSource.User, "wamid.UkVRVUVTVA==")]
    [InlineData("permission-accept-integer-expiry", true, false, true, PermissionSource.User, "wamid.UkVRVUVTVA==")]
    [InlineData("permission-accept-permanent", true, true, false, PermissionSource.User, "wamid.UkVRVUVTVA==")]
    [InlineData(
        "permission-callback-automatic", true, false, true, PermissionSource.Automatic, "wacid.HBgLMTU1NTAwMDExMTEVAgASGCAwQUY5MTIzNAA=")]
    [InlineData("permission-reject", false, false, false, PermissionSource.User, "wamid.UkVRVUVTVA==")]
    [InlineData("permission-revoked-automatically", false, false, false, PermissionSource.Automatic, null)]
    public void Reads_what_a_user_decided_about_being_called(
        string sample, bool accepted, bool permanent, bool expires, PermissionSource source, string? context)
    {
        var reply = WebhookSamples.Single<PermissionReply>(sample);
        Assert.Equal(accepted, reply.Accepted);
        Assert.Equal(permanent, reply.IsPermanent);
        Assert.Equal(expires ? DateTimeOffset.FromUnixTimeSeconds(1790604800) : null, reply.ExpiresAt);
        Assert.Equal(source, reply.Source);
        Assert.Equal(context, reply.ContextId);
        Assert.Equal(UserId, reply.User.UserId);
    }

    [Theory]
    [InlineData("user-id-changed", null, "US.OLD1", Phone, "US.NEW2")]
    [InlineData("user-id-changed-in-words-only", null, "US.OLD1", null, "US.NEW2")]
    [InlineData("user-number-changed", Phone, null, "15550002222", null)]
    public void Reads_a_changed_identity(string sample, string? oldPhone, string? oldId, string? newPhone, string? newId)
    {
        var change = WebhookSamples.Single<UserIdChanged>(sample);
        Assert.Equal(new WhatsAppUser(oldPhone, oldId), change.Previous);
        Assert.Equal(new WhatsAppUser(newPhone, newId), change.Current);
    }

    [Fact]
    public void A_message_opens_the_window_and_a_failed_one_of_ours_names_its_error()
    {
        Assert.Equal(Phone, WebhookSamples.Single<InboundMessage>("message-text").User.Phone);
        var failed = WebhookSamples.Single<MessageFailed>("message-failed-client-too-old");
        Assert.Equal(WhatsAppErrorCodes.RecipientClientTooOld, Assert.Single(failed.Errors).Code);
    }

    [Fact]
    public void Reads_account_news_in_and_out_of_a_list()
    {
        var restriction = Assert.Single(WebhookSamples.Single<AccountUpdate>("account-restriction").Restrictions);
        Assert.Equal("RESTRICTED_BUSINESS_INITIATED_CALLING", restriction.Type);
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1790605000), restriction.Expires);
        Assert.Equal(
            "USER_INITIATED_CALLS_LOW_PICKUP_RATE", WebhookSamples.Single<AccountUpdate>("account-violation-in-a-list").ViolationType);

        var settings = WebhookSamples.Single<AccountSettingsUpdate>("account-settings-update");
        Assert.Equal(("100200300400", "ENABLED", "DISABLE_ALL", "DISABLED"),
            (settings.PhoneNumberId, settings.CallingStatus, settings.CallIconVisibility, settings.SipStatus));
        Assert.Equal(WhatsAppErrorCodes.PaymentEligibility,
            Assert.Single(WebhookSamples.Single<NumberErrors>("inbound-refused-for-payment").Errors).Code);
        Assert.Equal("call_recording_available", WebhookSamples.Single<Unknown>("call-recording-available").What);
    }

    [Fact]
    public void A_bad_element_costs_only_itself()
    {
        var batch = WebhookSamples.Read("batch-with-bad-neighbours");
        Assert.Collection(
            batch.Events, e => Assert.IsType<CallConnect>(e), e => Assert.IsType<CallStatus>(e), e => Assert.IsType<CallTerminate>(e));
        Assert.Equal(
            [
                SkipReason.CallIdMissing, SkipReason.NotAnObject, SkipReason.SdpMissing, SkipReason.SdpTypeUnknown,
                SkipReason.NotAnObject, SkipReason.NotAnObject, SkipReason.CallIdMissing,
            ],
            batch.Skipped);
    }

    [Fact]
    public void Text_that_is_not_Unicode_costs_only_its_element()
    {
        var body = """
            {"entry":[{"changes":[{"field":"calls","value":{"calls":[{"id":"\ud800","event":"terminate"},
             {"id":"b","event":"terminate"}]}}]}]}
            """;
        Assert.True(WebhookReader.TryRead(Encoding.UTF8.GetBytes(body), out var batch, out _));
        Assert.Equal("b", Assert.IsType<CallTerminate>(Assert.Single(batch.Events)).CallId);
        Assert.Equal([SkipReason.InvalidText], batch.Skipped);
    }

    [Fact]
    public void Takes_a_thousand_updates_and_no_more_events_than_the_limit()
    {
        Assert.Equal(1000, ReadMany(1000).Events.Count);
        var over = ReadMany(WebhookBatch.MaxEvents + 1);
        Assert.Equal(WebhookBatch.MaxEvents, over.Events.Count);
        Assert.Equal([SkipReason.TooMany], over.Skipped);
    }

    [Theory]
    [InlineData("", WebhookError.Empty)]
    [InlineData("{", WebhookError.NotJson)]
    [InlineData("\"text\"", WebhookError.NotAnEnvelope)]
    [InlineData("[]", WebhookError.NotAnEnvelope)]
    [InlineData("{\"object\":\"whatsapp_business_account\"}", WebhookError.NotAnEnvelope)]
    public void Refuses_a_body_that_is_no_webhook(string body, WebhookError expected)
    {
        Assert.False(WebhookReader.TryRead(Encoding.UTF8.GetBytes(body), out _, out var error));
        Assert.Equal(expected, error);
    }

    [Fact]
    public void Refuses_what_is_nested_or_grown_beyond_reason()
    {
        Assert.False(WebhookReader.TryRead(Encoding.UTF8.GetBytes(new string('[', 100) + new string(']', 100)), out _, out var error));
        Assert.Equal(WebhookError.NotJson, error);
        Assert.False(WebhookReader.TryRead(new byte[WebhookReader.MaxBodyLength + 1], out _, out error));
        Assert.Equal(WebhookError.TooLarge, error);
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Survives_any_damaged_byte_of_every_sample(string sample)
    {
        var body = WebhookSamples.Body(sample);
        var entropy = new SeededEntropy(7);
        var noise = new byte[2];
        for (var at = 0; at < body.Length; at++)
        {
            entropy.Fill(noise);
            var damaged = (byte[])body.Clone();
            damaged[at] = "\0\"{}[]\\,:0u\u007f"u8[noise[0] % 12];
            WebhookReader.TryRead(damaged, out _, out _);
            if (at % 16 == 0)
                WebhookReader.TryRead(body.AsMemory(0, at), out _, out _);
        }
        Assert.True(WebhookReader.TryRead(body, out var whole, out _));
        Assert.NotEmpty(whole.Events);
    }

    [Fact]
    public void An_event_never_prints_what_it_holds()
    {
        var call = WebhookSamples.Single<CallConnect>("inbound-connect");
        Assert.Equal("CallConnect", call.ToString());
        Assert.DoesNotContain("5550001", $"{call} {call.User}", StringComparison.Ordinal);
    }

    private static WebhookBatch ReadMany(int count)
    {
        var changes = string.Join(',', Enumerable.Range(0, count).Select(n =>
            $$$"""{"field":"calls","value":{"calls":[{"id":"wacid.{{{n}}}","event":"terminate","status":"COMPLETED"}]}}"""));
        Assert.True(WebhookReader.TryRead(Encoding.UTF8.GetBytes("{\"entry\":[{\"changes\":[" + changes + "]}]}"), out var batch, out _));
        return batch;
    }
}
