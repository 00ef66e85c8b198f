using Gateway.Calls.Agents;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Endpoint;
using Gateway.Sip.Messages;
using Gateway.Worker.Agents;
using Gateway.Worker.Legs;
using Media.Engine;
using Media.Engine.Audio;
using Media.Engine.Loop;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Calls;

/// <summary>
/// Calls to feature codes, by which an agent says at the phone whether calls are to come. One that is known is answered, beeps once, and is
/// hung up; one that is not is refused with the reason. One that picks a user's call up becomes part of that call.
/// </summary>
internal sealed partial class FeatureCodeCalls(
    AgentServices agents, PickUpCalls pickUps, PbxTrunks trunks, MediaEngine engine, TimeProvider time, ILogger<FeatureCodeCalls> logger)
{
    private static readonly TimeSpan Length = TimeSpan.FromMilliseconds(700);

    /// <summary>False: what was dialled is no feature code.</summary>
    public bool TryTake(SipCall invite)
    {
        if (!FeatureCodes.TryRead(Uri.UnescapeDataString(invite.Info.TargetUser), out var code, out var digit))
            return false;
        _ = HandleAsync(invite, code, digit);
        return true;
    }

    private async Task HandleAsync(SipCall invite, FeatureCode? code, char? digit)
    {
        try
        {
            if (code is null)
                await RefuseAsync(invite, 404, "No such feature code");
            else if (agents.Directory.CallerOf(invite.Info) is not { } agent)
                await RefuseAsync(invite, 403, "This phone is no agent's");
            else if (code == FeatureCode.PickUp)
            {
                if (await pickUps.TryAsync(invite, agent) is { } refusal)
                    await RefuseAsync(invite, refusal.Status, refusal.Text);
            }
            else if (!await DoAsync(agent.Id, code.Value, digit))
                await RefuseAsync(invite, 503, "The agent's state is not known yet");
            else
                await ConfirmAsync(invite);
        }
        catch (Exception e) // The edge of one call: the phone hears that it failed.
        {
            LogFailed(e);
            await invite.RejectAsync(500);
        }
    }

    private async Task<bool> DoAsync(Gateway.Calls.AgentId agent, FeatureCode code, char? digit)
    {
        var registry = agents.Registry;
        if (code == FeatureCode.EndWrapUp)
        {
            await registry.EndWrapUpAsync(agent, CancellationToken.None);
            return true;
        }
        var presence = code switch
        {
            FeatureCode.Available => AgentPresence.Available,
            FeatureCode.Away => AgentPresence.Away,
            _ => AgentPresence.Offline,
        };
        return await registry.SetPresenceAsync(agent, presence, digit?.ToString(), CancellationToken.None);
    }

    private async Task ConfirmAsync(SipCall invite)
    {
        var profile = trunks[invite.Info.Trunk].Media;
        if (invite.Info.Offer is not { } offer || !engine.TryReserve(out var media))
        {
            await RefuseAsync(invite, 480, "Done"); // without media the phone at least shows it
            return;
        }
        try
        {
            var answer = await media.AnswerPbxOfferAsync(
                await PbxDescriptions.ResolveAsync(offer), profile, signaller: invite.PhoneAddress);
            if (!answer.Succeeded)
            {
                await RefuseAsync(invite, 488, "Not acceptable here");
                return;
            }
            await invite.AnswerAsync(answer.Sdp!);
            media.Play(CallLeg.Pbx, [BuiltInClips.QueueBeep]);
            await Task.Delay(Length, time);
            await invite.HangUpAsync(SipReason.Q850(16, "Done"));
        }
        finally
        {
            await media.ReleaseAsync();
        }
    }

    private static Task RefuseAsync(SipCall invite, int status, string text) =>
        invite.RejectAsync(status, text, SipReason.Sip(status, text));

    [LoggerMessage(Level = LogLevel.Error, Message = "A feature code could not be carried out")]
    private partial void LogFailed(Exception e);
}
