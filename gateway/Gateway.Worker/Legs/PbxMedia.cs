using Gateway.Sip.Endpoint;
using Gateway.Worker.Configuration;
using Media.Engine;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Legs;

/// <summary>The media of one pbx leg of a call, as its phones negotiate it.</summary>
internal sealed class PbxMedia(CallMedia media, PbxSide side)
{
    public bool IsReserved => media.IsReserved;

    /// <summary>A description of the PBX was taken at least once: a later one that fails leaves what was agreed.</summary>
    public bool IsAgreed { get; private set; }

    /// <summary>The description for a PBX: the answer to its offer, or an offer where it made none.</summary>
    /// <param name="offer">The PBX's; null: none.</param>
    /// <param name="trunk">The way to it.</param>
    /// <param name="phone">The address of a registered phone that offers; none on other trunks.</param>
    public async Task<SdpResult> DescribeAsync(string? offer, PbxTrunk trunk, TransportAddress phone = default)
    {
        if (offer is null)
            return await media.NegotiateAsync(call => call.CreatePbxOfferAsync(trunk.Media, side));
        var result = await media.NegotiateAsync(call => call.AnswerPbxOfferAsync(offer, trunk.Media, side, phone));
        IsAgreed |= result.Succeeded;
        return result;
    }

    /// <summary>The description for an INVITE of the PBX.</summary>
    public async Task<SdpResult> DescribeForAsync(SipCall incoming, PbxTrunk trunk) =>
        await DescribeAsync(
            incoming.Info.Offer is { } offer ? await PbxDescriptions.ResolveAsync(offer) : null, trunk, incoming.PhoneAddress);

    /// <summary>Takes a phone's answer to the offer that was made for its trunk.</summary>
    public async Task<SdpResult> ApplyAnswerAsync(string answer, SipLeg leg)
    {
        var result = await media.NegotiateAsync(call => call.ApplyPbxAnswerAsync(answer, leg.Trunk.Media, side, leg.Sip.PhoneAddress));
        IsAgreed |= result.Succeeded;
        return result;
    }

    /// <summary>Takes the description of a phone, and answers it where it is an offer.</summary>
    public async Task<SdpResult> TakeAsync(SipLeg leg, string sdp, bool isOffer)
    {
        if (!isOffer)
            return await ApplyAnswerAsync(sdp, leg);
        var result = await DescribeAsync(sdp, leg.Trunk, leg.Sip.PhoneAddress);
        if (result.Succeeded)
            await leg.Sip.AcceptOfferAsync(result.Sdp!);
        return result;
    }

    /// <summary>The phone has left the call: nothing is sent to it any more.</summary>
    public Task LeaveAsync() => media.LeavePbxAsync(side);

    /// <summary>Plays a key in tones.</summary>
    public void PlayKey(char digit, TimeSpan duration) => media.SendDigit(CallLeg.Pbx, digit, duration);
}
