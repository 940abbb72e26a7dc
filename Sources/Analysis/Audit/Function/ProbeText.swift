/// Plain text of everyday life in several languages, written for this purpose, on which a checkpoint
/// is run where none is given.
enum ProbeText {
  /// A language and a text of about two hundred tokens in it.
  static let all: [(language: String, text: String)] = [
    ("Japanese", japanese), ("English", english), ("Chinese", chinese),
  ]

  /// Further languages, for a checkpoint that is run alone: it may know none of the first.
  static let more: [(language: String, text: String)] = [
    ("German", german), ("French", french), ("Spanish", spanish), ("Russian", russian),
    ("Korean", korean),
  ]

  private static let german = """
    Der Fluss fließt von den Bergen zum Meer. Wenn es regnet, steigt das Wasser, und im Sommer spielen \
    die Kinder am Ufer. In der Mitte der Stadt steht ein alter Bahnhof, und jeden Morgen fahren viele \
    Menschen mit dem Zug zur Arbeit. In der Straße davor gibt es eine Bäckerei, eine Buchhandlung und \
    ein kleines Restaurant. Im Winter liegt viel Schnee, und die Leute bleiben öfter zu Hause.
    """

  private static let french = """
    La rivière coule des montagnes vers la mer. Quand il pleut, l'eau monte, et en été les enfants \
    jouent sur ses bords. Au centre de la ville il y a une vieille gare, et chaque matin beaucoup de \
    gens prennent le train pour aller au travail. Dans la rue il y a une boulangerie, une librairie et \
    un petit restaurant. En hiver il y a beaucoup de neige, et les gens restent plus souvent à la maison.
    """

  private static let spanish = """
    El río corre desde las montañas hasta el mar. Cuando llueve, el agua sube, y en verano los niños \
    juegan en la orilla. En el centro de la ciudad hay una estación antigua, y cada mañana mucha gente \
    toma el tren para ir al trabajo. En la calle hay una panadería, una librería y un pequeño \
    restaurante. En invierno hay mucha nieve, y la gente pasa más tiempo en casa.
    """

  private static let russian = """
    Река течёт с гор к морю. Когда идёт дождь, вода поднимается, а летом дети играют на берегу. В центре \
    города стоит старый вокзал, и каждое утро многие люди едут на поезде на работу. На улице перед ним \
    есть пекарня, книжный магазин и маленький ресторан. Зимой много снега, и люди чаще сидят дома.
    """

  private static let korean = """
    강은 산에서 바다로 흐른다. 비가 오면 물이 불어나고, 여름에는 아이들이 강가에서 논다. 도시 한가운데에는 \
    오래된 역이 있고, 매일 아침 많은 사람들이 기차를 타고 일하러 간다. 역 앞 거리에는 빵집과 서점과 작은 \
    식당이 있다. 겨울에는 눈이 많이 오고, 사람들은 집에서 보내는 시간이 길어진다.
    """

  private static let japanese = """
    川は山から海へ流れる。雨が降ると水が増え、夏には子どもたちが岸で遊ぶ。町の中心には古い駅があり、\
    毎朝多くの人が電車で仕事に向かう。駅の前の通りには、パン屋、本屋、小さな食堂が並んでいる。\
    食堂の主人は朝早く市場へ行き、魚と野菜を買って帰る。昼になると、近くの学校の先生や会社員が\
    集まり、定食を食べながら話をする。秋には山の木々が赤く染まり、遠くの都市から観光客が訪れる。\
    冬は雪が多く、人々は家の中で過ごす時間が長くなる。それでも、新しい年の最初の日には、家族が\
    集まって神社に参り、一年の健康と平和を願う。この町の人口は約三万人で、主な産業は農業と観光である。
    """

  private static let english = """
    The river runs from the mountains to the sea. When it rains the water rises, and in summer the \
    children play on its banks. In the middle of the town there is an old station, and every morning \
    many people take the train to work. Along the street in front of it are a bakery, a bookshop and \
    a small restaurant. The owner of the restaurant goes to the market early in the morning and comes \
    back with fish and vegetables. At noon teachers from the school and people from the offices meet \
    there to eat and talk. In autumn the trees on the hills turn red, and visitors come from the city \
    to see them. In winter there is a lot of snow, and people spend more of their time at home.
    """

  private static let chinese = """
    河水从山上流向大海。下雨的时候水位上涨，夏天孩子们在岸边玩耍。城市的中心有一座古老的火车站，\
    每天早上很多人坐火车去上班。车站前面的街道上有面包店、书店和一家小饭馆。饭馆的老板一大早就去市场，\
    买回新鲜的鱼和蔬菜。中午，附近学校的老师和公司的职员聚在这里，一边吃饭一边聊天。秋天，山上的树叶\
    变成红色，许多游客从远方来到这里。冬天经常下雪，人们在家里度过更多的时间。
    """
}
