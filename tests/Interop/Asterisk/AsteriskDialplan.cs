namespace Interop.Asterisk;

/// <summary>
/// Asterisk's dial plan. A call from the gateway goes to the service that its X-WhatsApp-Cta-Payload header names: the WhatsApp user
/// of a test chooses it by the button that was tapped, as a real business routes on it.
/// </summary>
internal static class AsteriskDialplan
{
    /// <summary>The tone that the service "tone" plays.</summary>
    public const double ToneHertz = 600;

    /// <summary>The tone that the service "second" plays.</summary>
    public const double SecondHertz = 900;

    /// <summary>The tone that the service "late" plays for two seconds before it answers.</summary>
    public const double EarlyHertz = 750;

    public const string Digits = "0123456789*#ABCD";

    public static string Text(string inside) => $$"""
        [general]
        static=yes
        writeprotect=yes

        [gateway]
        exten => second,1,Goto(service,second,1)
        exten => _[+0-9]!,1,NoOp(${PJSIP_HEADER(read,X-WhatsApp-Cta-Payload)})
         same => n,GotoIf($["${PJSIP_HEADER(read,X-WhatsApp-Cta-Payload)}" = ""]?service,tone,1)
         same => n,Goto(service,${PJSIP_HEADER(read,X-WhatsApp-Cta-Payload)},1)

        [gateway-sip]
        exten => _[+0-9]!,1,GotoIf($["${SIP_HEADER(X-WhatsApp-Cta-Payload)}" = ""]?service,tone,1)
         same => n,Goto(service,${SIP_HEADER(X-WhatsApp-Cta-Payload)},1)

        [agents]
        exten => _user-.,1,Dial(PJSIP/+${CUT(EXTEN,-,3)}@${CUT(EXTEN,-,2)},90)
        exten => _kept-.,1,Gosub(record,s,1(kept,t,${CUT(EXTEN,-,3)}))
         same => n,Goto(user-${EXTEN:5},1)
        include => service

        [service]
        exten => tone,1,Answer()
         same => n,Gosub(record,s,1(tone))
         same => n,Playtones({{ToneHertz}})
         same => n,Wait(600)
        exten => second,1,Answer()
         same => n,Gosub(record,s,1(second))
         same => n,Playtones({{SecondHertz}})
         same => n,Wait(600)
        exten => late,1,Progress()
         same => n,Playtones({{EarlyHertz}})
         same => n,Wait(2)
         same => n,StopPlaytones()
         same => n,Goto(tone,1)
        exten => ring,1,Ringing()
         same => n,Wait(600)
        exten => busy,1,Hangup(17)
        exten => rejected,1,Hangup(21)
        exten => unknown,1,Hangup(1)
        exten => congested,1,Hangup(34)
        exten => echo,1,Answer()
         same => n,Echo()
        exten => digits,1,Answer()
         same => n,Gosub(record,s,1(digits))
         same => n,Wait(1)
         same => n,SendDTMF({{Digits}},200,150)
         same => n,Playtones({{ToneHertz}})
         same => n,Wait(600)
        exten => refer,1,Answer()
         same => n,Wait(1)
         same => n,Transfer(PJSIP/sip:second@127.0.0.1)
         same => n,UserEvent(Transferred,Status: ${TRANSFERSTATUS})
         same => n,Hangup()
        exten => _direct-.,1,Dial(PJSIP/${EXTEN:7},90)
        exten => _call-.,1,Gosub(record,s,1(call))
         same => n,Dial(PJSIP/${EXTEN:5},90)
        exten => _desk-.,1,Gosub(record,s,1(desk))
         same => n,Dial(PJSIP/${EXTEN:5},90,t)
        exten => 7002,1,Goto(service,second,1)
        exten => 7003,1,Dial(PJSIP/ben,90)
        exten => _take-.,1,PickupChan(PJSIP/${EXTEN:5},p)
        exten => hangup,1,Answer()
         same => n,Wait(1)
         same => n,Hangup()

        ; record(service, r: heard from this channel | t: sent to it, whose)
        [record]
        exten => s,1,Set(KEEP=${IF($["${ARG3}" = ""]?${IF($["${RECORD}" = ""]?${FILTER(0-9,${CALLERID(num)})}:${RECORD})}:${ARG3})})
         same => n,Set(SIDE=${IF($["${ARG2}" = ""]?r:${ARG2})})
         same => n,MixMonitor({{inside}}/heard/mix-${UNIQUEID}.wav,${SIDE}({{inside}}/heard/${KEEP}-${ARG1}.sln16))
         same => n,Return()
        """;
}
