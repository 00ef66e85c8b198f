using Interop.Asterisk;
using Interop.Bench;
using Testing;

namespace Interop.Ways;

// The ways in which installations connect Asterisk to a trunk: two generations, both of its SIP drivers, by address and by registration,
// always with a secret; and a record-routing proxy in between. One type each, since xunit gives every test class its bench by type.

public sealed class Pjsip22ByAddress(Stores stores) : PbxBench(stores, new(AsteriskRelease.TwentyTwo));

public sealed class Pjsip22Registered(Stores stores) : PbxBench(stores, new(AsteriskRelease.TwentyTwo, Registers: true));

public sealed class Pjsip16ByAddress(Stores stores) : PbxBench(stores, new(AsteriskRelease.Sixteen));

public sealed class Pjsip16Registered(Stores stores) : PbxBench(stores, new(AsteriskRelease.Sixteen, Registers: true));

public sealed class ChanSip16ByAddress(Stores stores) : PbxBench(stores, new(AsteriskRelease.Sixteen, IsChanSip: true));

public sealed class ChanSip16Registered(Stores stores) : PbxBench(stores, new(AsteriskRelease.Sixteen, IsChanSip: true, Registers: true));

public sealed class Pjsip22BehindKamailio(Stores stores) : PbxBench(stores, new(AsteriskRelease.TwentyTwo, BehindProxy: true));

public sealed class ChanSip16BehindKamailio(Stores stores)
    : PbxBench(stores, new(AsteriskRelease.Sixteen, IsChanSip: true, BehindProxy: true));
