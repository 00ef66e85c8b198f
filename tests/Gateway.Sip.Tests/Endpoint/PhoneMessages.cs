using System.Text;
using Gateway.Sip.Messages;

namespace Gateway.Sip.Tests.Endpoint;

/// <summary>What phones of these tests say and expect, whatever carries it.</summary>
internal static class PhoneMessages
{
    /// <summary>The message, which has to be this request.</summary>
    public static SipRequest Request(SipMessage? message, string method)
    {
        Assert.True(message is SipRequest request && request.Method.Name == method, $"{message}");
        return (SipRequest)message;
    }

    /// <summary>200 with a Contact, and with SDP where there is some.</summary>
    public static SipResponse Answer(SipRequest request, string contact, string? sdp)
    {
        var response = SipResponse.CreateFor(request, 200, "p");
        response.Headers.CopyFrom(request.Headers, "Record-Route");
        response.Headers.Add("Contact", $"<{contact}>");
        Describe(response, sdp);
        return response;
    }

    /// <summary>A request inside the dialog that an answered INVITE of the gateway began.</summary>
    public static SipRequest InDialog(SipRequest invite, SipMethod method, uint sequence, string via, string contact, string? sdp)
    {
        var request = new SipRequest(method, invite.Contact!.Uri);
        request.Headers.Add("Via", via);
        request.Headers.Add("Max-Forwards", "70");
        foreach (var route in invite.RecordRoutes)
            request.Headers.Add("Route", route.ToString());
        request.Headers.Add("From", invite.To.WithTag("p").ToString());
        request.Headers.Add("To", invite.From.ToString());
        request.Headers.Add("Call-ID", invite.CallId);
        request.Headers.Add("CSeq", $"{sequence} {method.Name}");
        request.Headers.Add("Contact", $"<{contact}>");
        Describe(request, sdp);
        return request;
    }

    private static void Describe(SipMessage message, string? sdp)
    {
        if (sdp is not null)
            message.SetBody(Encoding.ASCII.GetBytes(sdp), "application/sdp");
    }
}
