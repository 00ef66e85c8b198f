using Gateway.Calls.Lifecycle;
using Gateway.Calls.Rules;

namespace Gateway.Calls.Tests;

/// <summary>Meta's code 100 means an invalid parameter: the parameter decides the outcome of the call.</summary>
public class InvalidParameterTests
{
    public static TheoryData<int?, string, HangupCause> Reasons => new()
    {
        { 2593093, "", HangupCause.IncompatibleMedia },
        { null, "SDP Validation error", HangupCause.IncompatibleMedia },
        { null, "session.sdp_type is required", HangupCause.IncompatibleMedia },
        { null, "Call ID wacid.HB does not exist", HangupCause.CallerGaveUp },
        { null, "Param call_id must be a valid id", HangupCause.CallerGaveUp },
        { null, "accept is not possible: the call is already completed", HangupCause.CallerGaveUp },
        { 33, "Object with ID '100' does not exist, cannot be loaded due to missing permissions", HangupCause.WhatsAppFailed },
        { null, "Recipient phone number is not valid", HangupCause.UserUnreachable },
        { null, "biz_opaque_callback_data is too long", HangupCause.WhatsAppFailed },
        { null, "", HangupCause.WhatsAppFailed },
    };

    [Theory]
    [MemberData(nameof(Reasons))]
    public void Code_100_means_what_its_subcode_or_its_words_say(int? subcode, string details, HangupCause cause) =>
        Assert.Equal(cause, CauseTable.OfWhatsAppError(Error(subcode, details)).Cause);

    [Theory]
    [InlineData("Call ID wacid.HB does not exist", HangupCause.CallerGaveUp)]
    [InlineData("SDP Validation error", HangupCause.IncompatibleMedia)]
    public void A_pre_accept_that_is_refused_ends_by_what_was_invalid(string details, HangupCause cause)
    {
        var driver = new CallDriver(CallDirection.Inbound);
        driver.Feed(
            new CallInput.WhatsAppOffered(CallDriver.WhatsAppId, "offer"), new CallInput.Admitted([new("main")]),
            new CallInput.MediaReserved("answer"), new CallInput.PreAccepted(Error(null, details)), new CallInput.MediaReleased(null, null),
            new CallInput.WhatsAppReleased(null));
        Assert.Equal(cause, driver.Record.Cause);
    }

    private static WhatsAppError Error(int? subcode, string details) =>
        new(WhatsAppErrorCodes.InvalidParameter, "(#100) Invalid parameter", details) { Subcode = subcode };
}
