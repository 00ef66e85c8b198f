using Gateway.Calls.Lifecycle;
using Gateway.Calls.Rules;
using Media.Protocols.Primitives;

namespace Gateway.Calls.Tests;

/// <summary>A description that cannot be taken: the record names whose it was and why, and a PBX that offered it is told.</summary>
public class RefusedDescriptionTests
{
    private static readonly MediaFault OfPbx = new(CallLeg.Pbx, MediaFaultReason.OtherIpVersion);
    private static readonly MediaFault OfWhatsApp = new(CallLeg.WhatsApp, MediaFaultReason.NoDtls);

    [Fact]
    public void The_PBXs_offer()
    {
        var driver = new CallDriver(CallDirection.Outbound);
        var warning = new MediaWarning(OfPbx.Reason, 301, "The audio address is of an IP version that is not served here");
        var decided = driver.Feed(
            new CallInput.PbxInvited("main", "100"), new CallInput.Admitted([]),
            new CallInput.MediaRefused(HangupCause.IncompatibleMedia, OfPbx, warning));
        var refusal = decided.OfType<CallDecision.RefusePbx>().Single().Refusal;
        Assert.Equal((488, warning.Text, warning), (refusal.Status, refusal.Text, refusal.Warning));
        driver.Feed(new CallInput.MediaReleased(null, null));
        Assert.Equal((HangupCause.IncompatibleMedia, OfPbx), (driver.Record.Cause, driver.Record.MediaFault));
    }

    [Fact]
    public void The_PBXs_answer()
    {
        var driver = CallDriver.InboundRinging();
        var decided = driver.Feed(new CallInput.MediaRefused(HangupCause.IncompatibleMedia, OfPbx));
        Assert.Contains(new CallDecision.Terminate(CallDriver.WhatsAppId), decided);
        Ended(driver, OfPbx);
    }

    [Fact]
    public void The_users_offer()
    {
        var driver = new CallDriver(CallDirection.Inbound);
        driver.Feed(
            new CallInput.WhatsAppOffered(CallDriver.WhatsAppId, "offer"), new CallInput.Admitted([new("main")]),
            new CallInput.MediaRefused(HangupCause.IncompatibleMedia, OfWhatsApp));
        Ended(driver, OfWhatsApp);
    }

    [Fact]
    public void The_users_answer()
    {
        var driver = CallDriver.OutboundConnecting();
        driver.Feed(new CallInput.Connected(CallDriver.WhatsAppId, null), new CallInput.WhatsAppAnswered("answer"));
        var decided = driver.Feed(new CallInput.MediaRefused(HangupCause.IncompatibleMedia, OfWhatsApp));
        var refusal = decided.OfType<CallDecision.RefusePbx>().Single().Refusal;
        Assert.Equal((488, null), (refusal.Status, refusal.Warning)); // it was not the PBX's
        Ended(driver, OfWhatsApp);
    }

    [Fact]
    public void Ports_that_are_used_up_are_no_fault_of_a_description()
    {
        var driver = new CallDriver(CallDirection.Outbound);
        driver.Feed(
            new CallInput.PbxInvited("main", "100"), new CallInput.Admitted([]), new CallInput.MediaRefused(HangupCause.NoCapacity),
            new CallInput.MediaReleased(null, null));
        Assert.Equal((HangupCause.NoCapacity, null), (driver.Record.Cause, driver.Record.MediaFault));
    }

    private static void Ended(CallDriver driver, MediaFault fault)
    {
        driver.Feed(
            new CallInput.WhatsAppReleased(null), new CallInput.MediaReleased(null, null), new CallInput.WhatsAppTerminated(null));
        Assert.Equal((HangupCause.IncompatibleMedia, fault), (driver.Record.Cause, driver.Record.MediaFault));
    }
}
