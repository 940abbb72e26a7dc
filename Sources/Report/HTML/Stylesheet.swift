/// The pages' style. One colour-blind-safe palette with fixed meanings: GPTQ blue, round-to-nearest
/// orange, base grey, a packer's fault magenta. The switches of a page are radio buttons that these
/// rules read. On paper a page is light.
enum Stylesheet {
  /// The whole stylesheet.
  static var text: String {
    let pale = ramp(ColorRamp.colors)
    let deep = ramp(ColorRamp.colors.reversed())
    let cells = (0..<ColorRamp.steps).map {
      ".h\($0){fill:var(--h\($0))}.s\($0){--c:var(--h\($0))}"
    }.joined()
    let differences = (0..<6).map { step in
      let share = 10 + 18 * step
      return ".u\(step){fill:color-mix(in srgb,var(--fault) \(share)%,var(--card))}"
        + ".b\(step){fill:color-mix(in srgb,var(--gptq) \(share)%,var(--card))}"
    }.joined()
    return """
      :root{\(light)\(pale)}
      @media screen and (prefers-color-scheme:dark){:root:not(:has(#theme-light:checked)){\(dark)\(deep)}}
      @media screen{:root:has(#theme-dark:checked){\(dark)\(deep)}}
      :root:has(#lang-ja:checked) .en,:root:not(:has(#lang-ja:checked)) .ja{display:none!important}
      \(cells)
      \(differences)
      \(layout)
      \(drawings)
      \(tables)
      \(print)
      """
  }

  private static func ramp(_ colors: [String]) -> String {
    colors.enumerated().map { "--h\($0.offset):\($0.element);" }.joined()
  }

  private static let light = """
    color-scheme:light;--paper:#fdfdfb;--card:#fff;--ink:#1b2127;--muted:#59636d;--grid:#e6e8ea;\
    --rule:#9aa3ab;--gptq:#0067ab;--rtn:#b84d07;--base:#656e76;--fault:#a81c69;--wash:#f3f5f6;
    """
  private static let dark = """
    color-scheme:dark;--paper:#14181b;--card:#1a1f23;--ink:#e7eaec;--muted:#9ca7b0;--grid:#2a3137;\
    --rule:#66717a;--gptq:#5eb3f2;--rtn:#f0994a;--base:#939ea7;--fault:#f279b9;--wash:#20262b;
    """

  private static let layout = """
    *{box-sizing:border-box}
    html{-webkit-text-size-adjust:100%;scroll-padding-top:16px}
    body{margin:0;background:var(--paper);color:var(--ink);\
    font:16px/1.55 system-ui,-apple-system,"Segoe UI","Noto Sans JP","Hiragino Sans","Yu Gothic",\
    "Noto Sans CJK JP",sans-serif}
    main{max-width:1288px;margin:0 auto;padding:14px 24px 80px}
    h1{font-size:28px;line-height:1.2;margin:0 0 6px;letter-spacing:-.01em;overflow-wrap:break-word}
    h2{font-size:20px;line-height:1.3;margin:0 0 6px;text-wrap:balance;overflow-wrap:break-word}
    :is(h1,h2,h3) .ja{word-break:auto-phrase}
    .chosen{display:none}
    section,figure{margin:44px 0 0;padding:0}
    figure{max-width:1060px}
    figure h2{font-size:18px}
    h3{font-size:16px;line-height:1.3;margin:22px 0 6px}
    p{margin:0 0 10px}
    .summary{font-size:15px;color:var(--muted);max-width:none;margin-bottom:6px;text-wrap:pretty;overflow-wrap:anywhere}
    .reading{font-size:14px;color:var(--muted);max-width:86ch;text-wrap:pretty;overflow-wrap:anywhere}
    .switches{display:flex;flex-wrap:wrap;justify-content:flex-end;gap:6px 18px;margin:0 0 10px;font-size:13px}
    .switch{display:flex;border:0;margin:0;padding:0}
    .switch legend{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
    .switch input{position:absolute;opacity:0}
    .switch label{padding:2px 10px;border:1px solid var(--rule);margin-left:-1px;cursor:pointer;color:var(--muted)}
    .switch label:first-of-type{border-radius:5px 0 0 5px}
    .switch label:last-of-type{border-radius:0 5px 5px 0}
    .switch input:checked+label{background:var(--ink);border-color:var(--ink);color:var(--paper)}
    .switch input:focus-visible+label,a:focus-visible,button:focus-visible,select:focus-visible,\
    input:focus-visible,summary:focus-visible,.scroll:focus-visible{outline:2px solid var(--gptq);outline-offset:2px}
    .contents ul{list-style:none;display:flex;flex-wrap:wrap;gap:2px 18px;margin:0;padding:0;font-size:14px}
    .findings{list-style:none;margin:12px 0 0;padding:0;display:grid;gap:8px}
    .findings li{padding:9px 14px;background:var(--wash);border-left:4px solid var(--rule);\
    border-radius:3px;max-width:880px;overflow-wrap:anywhere;text-wrap:pretty;\
    font-variant-numeric:tabular-nums}
    .findings .result{border-color:var(--gptq)}
    .findings .note{font-size:14.5px;background:none;border-color:var(--grid)}
    .findings .warning{border-color:var(--fault)}
    .findings .warning::before{content:"⚠ ";color:var(--fault)}
    a{color:var(--gptq)}
    .csv{font-size:13px;margin:6px 0 0}
    .dim{color:var(--muted);font-weight:400}
    .environment{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(270px,100%),1fr));\
    gap:10px 28px;margin:12px 0;font-size:14px}
    dt{color:var(--muted);font-size:12.5px}
    dd{margin:0;overflow-wrap:anywhere}
    pre{font:13px/1.5 ui-monospace,"SFMono-Regular",Menlo,monospace;background:var(--wash);\
    padding:14px;border-radius:4px;overflow-x:auto}
    summary{cursor:pointer;font-size:14px}
    html:not(.js) .js-only{display:none!important}
    @media (max-width:640px){main{padding:16px 16px 56px}h1{font-size:25px}section,figure{margin-top:40px}}
    """

  private static let drawings = """
    .legend{display:flex;flex-wrap:wrap;gap:4px 20px;font-size:13.5px;color:var(--muted);\
    margin:4px 0 8px;padding:0;list-style:none}
    .legend li{display:flex;align-items:center;gap:7px}
    .legend svg{width:22px;height:14px;flex:none}
    .legend .band{opacity:1;fill-opacity:.14;stroke:var(--c)}
    figure svg.wide,figure svg.narrow{display:block;width:100%;height:auto;overflow:visible}
    figure svg.narrow{display:none}
    @media (max-width:640px){figure svg.narrow{display:block}figure svg.wide{display:none}}
    svg text{font-family:inherit;font-size:12px;fill:var(--ink);font-variant-numeric:tabular-nums}
    svg .tick,svg .axis{fill:var(--muted)}
    svg .panel{font-weight:600;font-size:13px}
    .stats text{font-size:11px}
    svg .grid{stroke:var(--grid);stroke-width:1}
    svg .rule{stroke:var(--rule);stroke-width:1}
    svg .leader{stroke:var(--rule);stroke-width:.75}
    .gptq,.key-gptq,.key-line-gptq,.key-dashed-gptq,.key-band-gptq{--c:var(--gptq)}
    .rtn,.key-rtn,.key-line-rtn{--c:var(--rtn)}
    .fault,.key-fault{--c:var(--fault)}
    .key-line-ink{--c:var(--ink)}
    svg .noise.main{stroke-width:2.5}
    svg .noise.thin{stroke-width:1;opacity:.6}
    .base,.key-base{--c:var(--base)}
    svg .label{fill:var(--c,var(--ink));paint-order:stroke;stroke:var(--paper);stroke-width:3px;\
    stroke-linejoin:round}
    svg .label.strong{font-weight:600}
    svg .line{fill:none;stroke:var(--c);stroke-width:2;stroke-linejoin:round}
    svg .line.rtn{stroke-width:1.5}
    svg .line.base{stroke-width:1.25}
    svg .dashed{stroke-dasharray:5 4}
    svg .band{fill:var(--c);opacity:.14}
    svg .front{fill:none;stroke:var(--gptq);stroke-width:1.5;opacity:.55}
    svg .dot{fill:var(--c)}
    svg .whisker{stroke:var(--c);stroke-width:1.25}
    svg .shape{fill:var(--c);fill-opacity:.4;stroke:var(--c);stroke-width:1}
    svg .strong .shape{fill-opacity:1;stroke:var(--paper)}
    svg .rtn .shape,svg .base .shape{fill:var(--paper);fill-opacity:1;stroke:var(--c);stroke-width:1.75}
    svg .mark:hover .shape{stroke:var(--ink);stroke-width:2}
    .hx{fill:url(#hatch)}
    .dash-1{stroke-dasharray:8 4}.dash-2{stroke-dasharray:2 3}.dash-3{stroke-dasharray:9 3 2 3}
    svg .line.thin{stroke-width:1.5;opacity:.75}
    svg .way{fill:none;stroke:var(--c);stroke-width:1.75;stroke-linejoin:round}
    svg .rounded .way{stroke-dasharray:5 3}
    svg .through.away{opacity:.07;pointer-events:none}
    svg .through:hover .way{stroke-width:4}
    .touch,.axis-touch{fill:transparent}
    .touch:hover{fill:var(--ink);fill-opacity:.07}
    .js .axis-touch{cursor:ns-resize;touch-action:none}
    .axis-touch:focus-visible{outline:2px solid var(--gptq)}
    .brushed{fill:var(--ink);fill-opacity:.16;stroke:var(--ink);stroke-width:1;pointer-events:none}
    svg .bar-fill{fill:var(--c)}
    svg .bar-fill.hollow{fill:var(--paper);stroke:var(--c);stroke-width:1.25}
    svg .noise{stroke:var(--ink);stroke-width:1.5}
    .part-0{--c:var(--h13)}.part-1{--c:var(--h9)}.part-2{--c:var(--h5)}.part-3{--c:var(--h2)}
    .time-even{--c:var(--h9);fill:var(--c)}.time-odd{--c:var(--h5);fill:var(--c)}
    .time-pass{--c:var(--rule);fill:var(--c)}.time-ran{--c:var(--gptq);fill:var(--c);fill-opacity:.7}
    svg .fill{fill:var(--c)}
    .absent{font-size:14px;color:var(--muted);max-width:100ch;padding-left:20px}
    .unseen,.cold{--c:var(--fault)}
    svg .cell{fill:var(--c)}
    .cell.cold,.cold .dot{opacity:.55}
    .cells:hover{opacity:.8}
    rect[class^=u],rect[class^=b]{stroke:var(--grid);stroke-width:.5}
    rect[class^=h]:hover,rect[class^=u]:hover,rect[class^=b]:hover{stroke:var(--ink);stroke-width:1.5}
    .panels{display:flex;flex-wrap:wrap;gap:18px 40px}
    div.panel{flex:1 1 100%;min-width:0}
    @media (min-width:641px){.few div.panel{flex:1 1 420px}}
    .panel-head{display:flex;flex-wrap:wrap;align-items:baseline;gap:4px 14px;font-size:14px;\
    margin-bottom:6px}
    .panel-head select{font:inherit;font-weight:600;color:var(--ink);background:var(--wash);\
    border:1px solid var(--rule);border-radius:4px;padding:3px 6px;max-width:100%}
    .panel-head .worst{color:var(--muted);overflow-wrap:anywhere}
    .ramp{max-width:420px;margin:14px 0 6px;font-size:12px;color:var(--muted)}
    .ramp .steps{display:flex;height:12px}
    .ramp .steps i{flex:1}
    .ramp .ticks{position:relative;height:18px}
    .ramp .ticks span{position:absolute;transform:translateX(-50%);white-space:nowrap}
    .ramp .ticks span:first-child{transform:none}
    """

  // Where a table is wider than its frame its right edge fades, by the scroll itself; where a browser
  // has no such timeline, its scroll bar is the cue.
  private static let tables = """
    @property --fade{syntax:"<length>";inherits:false;initial-value:0px}
    @keyframes fade{from{--fade:56px}to{--fade:0px}}
    .scroll{overflow-x:auto;border:1px solid var(--grid);border-radius:4px;background:var(--card);max-width:100%}
    @supports (animation-timeline:scroll()){.scroll{animation:fade linear;animation-timeline:scroll(self x);\
    mask-image:linear-gradient(to left,#0003,#000 var(--fade))}}
    #picks{margin-top:22px}
    table{border-collapse:separate;border-spacing:0;font-size:13.5px;width:100%;font-variant-numeric:tabular-nums}
    th,td{padding:5px 9px;text-align:left;white-space:nowrap;border-bottom:1px solid var(--grid)}
    tr:last-child td{border-bottom:0}
    th{font-weight:600;white-space:normal;line-height:1.3;color:var(--muted);vertical-align:bottom;background:var(--wash)}
    th button{all:unset;cursor:pointer;font:inherit;color:inherit}
    html:not(.js) th button{cursor:default}
    th button:focus-visible{outline:2px solid var(--gptq);outline-offset:2px}
    th[aria-sort=ascending] button::after{content:" ▲"}
    th[aria-sort=descending] button::after{content:" ▼"}
    .num{text-align:right}
    th.num{min-width:5em}
    #trials th.num{min-width:4.4em}
    #trials :is(th,td){padding-left:7px;padding-right:7px}
    td[class^=status]{white-space:nowrap}
    td.name{font-weight:600;color:var(--c)}
    td.name a{color:inherit}
    #trials td.name a:not(:hover):not(:focus-visible){text-decoration:none}
    td.wrap{white-space:normal;overflow-wrap:anywhere;min-width:120px;max-width:460px}
    td.differs{font-weight:600;color:var(--ink);border-left:3px solid var(--fault)}
    td.token{white-space:normal;overflow-wrap:anywhere;min-width:72px;max-width:240px}
    .next details{margin-top:12px}
    table:not(:has([aria-sort])) td.again{color:transparent}
    tbody tr:hover td{background:var(--wash)}
    table.data th:first-child,table.data td:first-child{position:sticky;left:0;background:var(--card)}
    table.data th:first-child{background:var(--wash)}
    tr[data-of] td.name{padding-left:26px}
    tr.folded:not(.found),tr.out{display:none}
    .tools{display:flex;flex-wrap:wrap;gap:4px 14px;align-items:center;font-size:14px;margin:0 0 8px}
    .tools select,.tools input[type=search]{font:inherit;color:inherit;background:var(--card);border:1px solid var(--rule);border-radius:4px;\
    padding:3px 8px;max-width:100%}
    .tools input[type=search]{width:280px}
    .tools output{color:var(--muted)}
    button.fold,button.copy{font:inherit;font-size:12.5px;color:var(--gptq);background:none;cursor:pointer;\
    border:1px solid var(--grid);border-radius:4px;padding:0 7px}
    button.copy{margin-right:10px}
    button.fold::before{content:"▸ "}
    button.fold[aria-expanded=true]::before{content:"▾ "}
    button.copy.done .ask,button.copy:not(.done) .said{display:none}
    .picks th[scope=row]{background:none;color:var(--ink);vertical-align:top}
    .picks td{white-space:normal;overflow-wrap:anywhere;vertical-align:top;border-bottom:0}
    .picks tbody th{border-bottom:0}
    .picks tbody tr:not(.command)>*{border-top:1px solid var(--grid);padding-top:9px}
    .picks tbody tr:hover td{background:none}
    .picks .in-cell{display:none}
    .picks td.name{min-width:136px}
    .picks td .dim{display:block}
    .whole{white-space:nowrap}
    #one-trial code{font:12.5px/1.45 ui-monospace,"SFMono-Regular",Menlo,monospace;overflow-wrap:anywhere;color:var(--muted)}
    #one-trial .environment{grid-template-columns:repeat(auto-fill,minmax(min(150px,100%),1fr));gap:6px 20px}
    .modules{margin-top:14px}
    html:not(.js) #one-trial select{-webkit-appearance:none;appearance:none;opacity:1}
    .picks .command td{padding-top:0}
    .picks code{font:12.5px/1.45 ui-monospace,"SFMono-Regular",Menlo,monospace;overflow-wrap:anywhere;color:var(--muted)}
    .badge{display:inline-block;padding:0 8px;border-radius:10px;border:1px solid var(--gptq);color:var(--gptq);\
    font-size:12.5px;margin:0 4px 2px 0;white-space:nowrap}
    .badge.avoid{border-color:var(--fault);color:var(--fault)}
    .badge.base{border-color:var(--base);color:var(--base)}
    .beside{display:grid;grid-template-columns:minmax(0,9fr) minmax(0,5fr);gap:8px 32px;align-items:start}
    .beside>div{min-width:0;overflow-x:auto}
    .why{display:grid;grid-template-columns:repeat(3,minmax(0,1fr));gap:10px 32px;margin:14px 0 0}
    .why dt{font-weight:600;font-size:14px;color:var(--ink)}
    .why dd{font-size:14.5px;text-wrap:pretty}
    .beside figure{margin:0;max-width:520px}
    .beside figure h2{font-size:15px}
    .beside .reading{font-size:13px;margin:0 0 4px}
    @media (max-width:1000px){.beside{grid-template-columns:minmax(0,1fr)}}
    @media (max-width:760px){.why{grid-template-columns:minmax(0,1fr)}}
    @media (max-width:640px){
    table.data td.name{white-space:normal;min-width:118px}
    .picks thead{display:none}.picks,.picks tbody,.picks tr,.picks td,.picks th{display:block}
    .picks tbody tr:not(.command)>*{border-top:0;padding-top:0}
    .picks tbody tr:not(.command){border-top:1px solid var(--grid);padding:8px 0 0}
    .picks td .dim{display:inline}
    .picks td,.picks th{padding:1px 0;text-align:left}.picks .in-cell{display:inline;color:var(--muted)}
    .picks .command td{padding:2px 0 8px}}
    """

  private static let print = """
    @media print{@page{size:A4;margin:12mm 10mm}body{background:none}main{max-width:none;padding:0}\
    .csv,.panel-head select,.switches,.contents,.tools,.on-screen,button.copy,button.fold{display:none}figure,li,tr{break-inside:avoid}\
    .chosen{display:block;font-weight:600;font-size:14px;margin:6px 0}\
    .scroll{overflow:visible;width:auto;max-width:none;\
    animation:none;mask-image:none}\
    table.data{font-size:7.5px}table.data th,table.data td{padding:2px 3px;white-space:normal;overflow-wrap:anywhere}\
    table.data td.num,table.data td[class^=status],#hypotheses td:first-child{white-space:nowrap;overflow-wrap:normal}\
    th button{display:contents}.next td.again{color:inherit!important}.beside>div{overflow:visible}.picks{font-size:11px}.picks th,.picks td{padding-left:4px;padding-right:4px}table.data th:first-child,table.data td:first-child{position:static}\
    tr.folded{display:table-row}details::details-content{content-visibility:visible;block-size:auto}\
    pre{white-space:pre-wrap;overflow-wrap:anywhere;max-height:none}}

    """
}
